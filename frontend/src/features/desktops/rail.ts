// The mooring line of a start, as data: five stops, what each measured, and which one it is at. Pure.
import type { Desktop, StepName } from "@/lib/api";
import { clock, lengthWords } from "@/lib/time/words";

export type StopState = "done" | "now" | "waiting" | "ahead" | "failed";

export interface Stop {
  name: string;
  state: StopState;
  /** Under the name: a moment, a measured length, or nothing yet. */
  note: string;
}

/** Which step ends each stop. "Asked" is a moment; the others are lengths up to it. */
const STOPS: { name: string; endedBy: StepName }[] = [
  { name: "Asked", endedBy: "asked" },
  { name: "In line", endedBy: "claimed" },
  { name: "Create", endedBy: "created" },
  { name: "Boot", endedBy: "booted" },
  { name: "Ready", endedBy: "ready" },
];

/** Null when there is nothing to draw: no step was recorded. */
export function rail(desktop: Desktop, now: number): Stop[] | null {
  const at = new Map(desktop.steps.map((step) => [step.name, Date.parse(step.at)]));
  const asked = at.get("asked");
  if (asked === undefined) return null;
  const present = STOPS.findIndex((stop) => !at.has(stop.endedBy));
  return STOPS.map((stop, index): Stop => {
    const ended = at.get(stop.endedBy);
    const before = STOPS[index - 1];
    const began = before && at.get(before.endedBy);
    if (ended !== undefined) {
      const note = began === undefined ? clock(ended) : lengthWords(ended - began);
      return { name: stop.name, state: "done", note };
    }
    if (index === present && began !== undefined) {
      if (desktop.status === "failed") return { name: stop.name, state: "failed", note: "" };
      const inLine = stop.endedBy === "claimed";
      const note = `${lengthWords(now - began)}${inLine ? " so far" : ""}`;
      return { name: stop.name, state: inLine ? "waiting" : "now", note };
    }
    return {
      name: stop.name,
      state: "ahead",
      note: stop.endedBy === "ready" ? expected(desktop, now) : "",
    };
  });
}

/** "≈ 12:04:56" while it waits with an estimate. */
function expected({ queue, status }: Desktop, now: number): string {
  if (status !== "queued" || !queue || queue.eta_seconds === null || queue.eta_seconds <= 0) return "";
  return `≈ ${clock(now + queue.eta_seconds * 1000)}`;
}
