// The vocabulary of a desktop's status: one complete map, used by every place that shows one.
import type { IconName } from "@/components/ui/Icon";
import type { Tone } from "@/components/ui/StatusPill";
import type { Desktop, DesktopStatus } from "@/lib/api";

export type ActionName = "open" | "start" | "startAgain" | "tryAgain" | "stop" | "cancelStart" | "delete";

interface StatusLook {
  word: string;
  tone: Tone;
  icon: IconName;
  spin: boolean;
  /** First is the main one. Those after `shown` live in the row's menu. */
  actions: readonly ActionName[];
  shown: number;
  /** Place in the list: what needs a look comes first. */
  order: number;
}

export const STATUS: Record<DesktopStatus, StatusLook> = {
  running: {
    word: "Running",
    tone: "ok",
    icon: "dotfull",
    spin: false,
    actions: ["open", "stop", "delete"],
    shown: 2,
    order: 0,
  },
  starting: {
    word: "Starting",
    tone: "work",
    icon: "ring",
    spin: true,
    actions: ["cancelStart", "delete"],
    shown: 1,
    order: 1,
  },
  queued: {
    word: "Queued",
    tone: "wait",
    icon: "clock",
    spin: false,
    actions: ["cancelStart", "delete"],
    shown: 1,
    order: 2,
  },
  failed: {
    word: "Failed",
    tone: "bad",
    icon: "warn",
    spin: false,
    actions: ["tryAgain", "delete"],
    shown: 2,
    order: 3,
  },
  stopping: {
    word: "Stopping",
    tone: "idle",
    icon: "ring",
    spin: true,
    actions: ["startAgain", "delete"],
    shown: 1,
    order: 4,
  },
  stopped: {
    word: "Stopped",
    tone: "idle",
    icon: "stop",
    spin: false,
    actions: ["start", "delete"],
    shown: 2,
    order: 4,
  },
  deleting: { word: "Deleting", tone: "idle", icon: "ring", spin: true, actions: [], shown: 0, order: 4 },
};

export const ACTION_WORDS: Record<ActionName, string> = {
  open: "Open",
  start: "Start",
  startAgain: "Start again",
  tryAgain: "Try again",
  stop: "Stop",
  cancelStart: "Cancel start",
  delete: "Delete",
};

/** Running, starting, queued, failed, then the rest; newest first within each. */
export function inOrder(desktops: readonly Desktop[]): Desktop[] {
  return [...desktops].sort(
    (a, b) => STATUS[a.status].order - STATUS[b.status].order || b.created_at.localeCompare(a.created_at),
  );
}
