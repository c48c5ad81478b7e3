// The quiet line under a desktop's name: template, size, and the one moment that matters. Pure.
import type { Desktop, DesktopStatus, Template } from "@/lib/api";
import { day, shortClock } from "@/lib/time/words";
import { templateSize } from "./templates";

interface Meta {
  parts: string[];
  /** The moment in the last part, for its title. */
  at: number | null;
}

const MOMENT: Record<DesktopStatus, (desktop: Desktop) => string | null> = {
  running: ({ steps, started_at }) => steps.find((step) => step.name === "ready")?.at ?? started_at,
  failed: ({ stopped_at }) => stopped_at,
  queued: () => null,
  starting: () => null,
  stopping: () => null,
  stopped: () => null,
  deleting: () => null,
};

export function meta(desktop: Desktop, template: Template | undefined, now: number): Meta {
  const parts = template ? [template.name, templateSize(template)] : [desktop.template];
  const moment = MOMENT[desktop.status](desktop);
  if (!moment) return { parts, at: null };
  const at = Date.parse(moment);
  const words = day(at, now);
  if (desktop.status === "running") {
    const since = words.startsWith("today at ") ? shortClock(at) : words.replace(/^on /, "");
    return { parts: [...parts, `running since ${since}`], at };
  }
  return { parts: [...parts, words], at };
}
