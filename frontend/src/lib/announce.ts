// The page's one polite voice for people who listen instead of look. News gathers, and is spoken at most every 15 s,
// so that a moving line does not talk all the time.
import { useSyncExternalStore } from "react";

export const QUIET_MS = 15_000;

let spoken = "";
let spokenAt = -Infinity;
let timer: ReturnType<typeof setTimeout> | undefined;
/** Per subject only the latest counts. */
const waiting = new Map<string, string>();
const listeners = new Set<() => void>();

export function announce(subject: string, text: string): void {
  waiting.set(subject, text);
  timer ??= setTimeout(speak, Math.max(0, spokenAt + QUIET_MS - Date.now()));
}

function speak() {
  timer = undefined;
  spoken = [...waiting.values()].join(" ");
  spokenAt = Date.now();
  waiting.clear();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useAnnouncement(): string {
  return useSyncExternalStore(subscribe, () => spoken);
}
