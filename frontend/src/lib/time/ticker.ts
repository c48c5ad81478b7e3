// The page's one clock. Everything that says "so far", "ago" or counts down reads it; it beats once a second, and
// only while somebody reads and the page is visible.
import { useSyncExternalStore } from "react";
import { serverNow } from "./clock";

let now = serverNow();
let timer: ReturnType<typeof setInterval> | undefined;
const readers = new Set<() => void>();

function beat() {
  now = serverNow();
  for (const reader of readers) reader();
}

function run() {
  clearInterval(timer);
  timer = undefined;
  if (readers.size === 0 || document.visibilityState === "hidden") return;
  timer = setInterval(beat, 1000);
}

function wake() {
  if (document.visibilityState === "visible") beat();
  run();
}

/** Calls `reader` once a second for as long as it is subscribed. */
export function onTick(reader: () => void): () => void {
  readers.add(reader);
  if (readers.size === 1) {
    now = serverNow();
    document.addEventListener("visibilitychange", wake);
    run();
  }
  return () => {
    readers.delete(reader);
    if (readers.size > 0) return;
    document.removeEventListener("visibilitychange", wake);
    run();
  };
}

/** The time now, in milliseconds, as the server counts it; changes once a second. */
export function useNow(): number {
  return useSyncExternalStore(onTick, () => now);
}
