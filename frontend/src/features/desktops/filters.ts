// The tabs and the search of the compact table. Pure.
import type { Desktop, DesktopStatus, Template } from "@/lib/api";

export type Filter = "all" | "running" | "waiting" | "failed" | "stopped";

export const FILTERS: { name: Filter; word: string }[] = [
  { name: "all", word: "All" },
  { name: "running", word: "Running" },
  { name: "waiting", word: "Waiting" },
  { name: "failed", word: "Failed" },
  { name: "stopped", word: "Stopped" },
];

const TAB: Record<DesktopStatus, Exclude<Filter, "all">> = {
  queued: "waiting",
  starting: "waiting",
  running: "running",
  failed: "failed",
  stopping: "stopped",
  stopped: "stopped",
  deleting: "stopped",
};

export function filtered(desktops: Desktop[], filter: Filter): Desktop[] {
  return filter === "all" ? desktops : desktops.filter((desktop) => TAB[desktop.status] === filter);
}

export function searched(desktops: Desktop[], query: string, templates: ReadonlyMap<string, Template>): Desktop[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return desktops;
  return desktops.filter((desktop) => {
    const text = `${desktop.name} ${templates.get(desktop.template)?.name ?? desktop.template}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
