// How the page is connected, for whoever shows it or has to wait for it.
// Three steps: live; "Reconnecting" after 2 s without; after 5 s the page says so and action buttons wait.
import { useSyncExternalStore } from "react";
import { onTick } from "@/lib/time/ticker";
import type { ConnectionState } from "./hub";

const QUIET_MS = 2_000;
const SAY_SO_MS = 5_000;

/** The banner that says so; buttons that wait for the connection point there for their reason. */
export const CONNECTION_BANNER_ID = "connection-banner";

export type ConnectionPhase = "live" | "reconnecting" | "lost";

let state: ConnectionState = { live: true, since: Date.now(), heardAt: null, nextTryAt: null };
let retry: () => void = () => undefined;
const listeners = new Set<() => void>();

export function setConnection(next: ConnectionState): void {
  state = next;
  for (const listener of listeners) listener();
}

export function setRetry(now: () => void): void {
  retry = now;
}

export function retryNow(): void {
  retry();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function phaseOf(state: ConnectionState, now: number): ConnectionPhase {
  if (state.live) return "live";
  const without = now - state.since;
  return without >= SAY_SO_MS ? "lost" : without >= QUIET_MS ? "reconnecting" : "live";
}

function subscribeToPhase(listener: () => void) {
  const leave = [subscribe(listener), onTick(listener)];
  return () => {
    for (const end of leave) end();
  };
}

/** Renders again only when the phase changes. */
export function usePhase(): ConnectionPhase {
  return useSyncExternalStore(subscribeToPhase, () => phaseOf(state, Date.now()));
}

export function useConnectionState(): ConnectionState {
  return useSyncExternalStore(subscribe, () => state);
}

/** True while action buttons wait for the connection. */
export function useOffline(): boolean {
  return usePhase() === "lost";
}
