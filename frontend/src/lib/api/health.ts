// Whether the api's database answers, read off every answer of this tab. Only a 503 says that it does not.
import { useSyncExternalStore } from "react";

let down = false;
const listeners = new Set<() => void>();

export function noticeStatus(status: number): void {
  const next = status === 503 ? true : status < 500 ? false : down;
  if (next === down) return;
  down = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useDatabaseDown(): boolean {
  return useSyncExternalStore(subscribe, () => down);
}
