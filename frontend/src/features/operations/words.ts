// Figures as administrators read them.
import { figure } from "@/lib/figures";

const MIB = 1024 * 1024;

/** Of bytes: `24 MB`, `1.5 GB`; a dash where nothing was measured. */
export function bytes(n: number | null | undefined): string {
  if (n === null || n === undefined) return "–";
  const mib = n / MIB;
  return mib >= 1024 ? `${(mib / 1024).toFixed(1)} GB` : `${figure(Math.round(mib))} MB`;
}

/** Of one core. */
export function percent(n: number | null | undefined): string {
  return n === null || n === undefined ? "–" : `${n < 10 ? n.toFixed(1) : figure(Math.round(n))} %`;
}

/** A time that may be far below a second. */
export function millis(n: number | null | undefined): string {
  if (n === null || n === undefined) return "–";
  if (n >= 10_000) return `${figure(Math.round(n / 1000))} s`;
  if (n >= 1_000) return `${(n / 1000).toFixed(1)} s`;
  return n >= 10 ? `${Math.round(n)} ms` : `${n.toFixed(1)} ms`;
}

/** The number and what follows it, for large figures: "12 ms", "3 of 40"; what has several numbers stays whole. */
export function withUnit(words: string): [string, string | undefined] {
  const [, number, unit] = /^([\d.,]+) (of [\d.,]+|\D+)$/.exec(words) ?? [];
  return number ? [number, unit] : [words, undefined];
}

export const PART: Record<string, string> = { serve: "API and worker", api: "API", worker: "Worker" };
