// What the limits allow right now, and what stands in the way. The same words are used before a press and for a
// refusal that arrives all the same. Pure.
import { isApiError, type Limits, type StartWindow } from "@/lib/api";
import { countdown } from "@/lib/time/words";

export const WINDOW_WORDS: Record<StartWindow["window"], { this: string; within: string; each: string }> = {
  second: { this: "this second", within: "within a second", each: "a second" },
  minute: { this: "this minute", within: "within a minute", each: "a minute" },
  hour: { this: "this hour", within: "within an hour", each: "an hour" },
  day: { this: "today", within: "within a day", each: "a day" },
};

export type Obstacle =
  /** All desktops one may have are there. */
  | { kind: "quota"; limit: number }
  /** A start window is full until a moment. */
  | { kind: "window"; window: StartWindow; until: number }
  /** Refused for a while, by a limit that `GET /limits` does not list. */
  | { kind: "wait"; until: number };

/** The full window that opens last: until then no start is possible. */
export function windowObstacle(limits: Limits | undefined, now: number): Extract<Obstacle, { kind: "window" }> | null {
  const full = (limits?.starts ?? [])
    .filter((window) => window.used >= window.limit && window.resets_at)
    .map((window) => ({ kind: "window" as const, window, until: Date.parse(window.resets_at ?? "") }))
    .filter(({ until }) => until > now);
  return full.sort((a, b) => b.until - a.until)[0] ?? null;
}

export function quotaObstacle(limits: Limits | undefined): Extract<Obstacle, { kind: "quota" }> | null {
  if (!limits || limits.desktops.used < limits.desktops.limit) return null;
  return { kind: "quota", limit: limits.desktops.limit };
}

/** What a refusal says, when the limits as last seen did not foresee it. */
export function refusalObstacle(error: unknown, limits: Limits | undefined, now: number): Obstacle | null {
  if (!isApiError(error)) return null;
  if (error.code === "quota_exceeded") return { kind: "quota", limit: limits?.desktops.limit ?? 0 };
  if (error.status !== 429) return null;
  return { kind: "wait", until: now + (error.retryAfterSeconds ?? 10) * 1000 };
}

export function buttonWords(obstacle: Extract<Obstacle, { until: number }>, now: number): string {
  return `Start again in ${countdown((obstacle.until - now) / 1000)}`;
}
