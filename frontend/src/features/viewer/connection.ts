// The life of one viewer's connection, as a pure state machine: (state, what happened) -> state. No clock, no socket,
// no React; times come in with each event, in milliseconds. useViewerConnection.ts feeds it and acts on what it says.
import type { DesktopStatus } from "@/lib/api/types";

/** Why the page gave up on its own: only something outside (a start, a sign-in) leads on from here. */
export type EndedKind = "stopped" | "deleted" | "failed" | "lost" | "signed_out";

/** One stretch without a picture: since when, and how often it was tried to get it back. */
export interface Loss {
  at: number;
  tries: number;
  /** False when there never was a picture: the first try failed. */
  seen: boolean;
}

export type Connection =
  /** Not running yet, or not known yet. Ends when the desktop runs, or ends. */
  | { phase: "waiting" }
  /** A socket is being opened. `attempt` grows with each one, so that two in a row are told apart. */
  | { phase: "connecting"; attempt: number; loss: Loss | null; quiet: boolean }
  /** The picture is live. `loss` is the stretch that this connection ended, kept in case it breaks at once. */
  | { phase: "connected"; attempt: number; since: number; loss: Loss | null }
  /** Broken; the next try is at `nextAt`. */
  | { phase: "lost"; attempt: number; loss: Loss; nextAt: number }
  /** The session ran out; it is being renewed before the next try. */
  | { phase: "renewing"; attempt: number; loss: Loss }
  | { phase: "ended"; attempt: number; kind: EndedKind };

export type ConnectionEvent =
  /** The desktop's record says so; `deleted` when there is none. Sent only when it changes. */
  | { type: "desktop"; status: DesktopStatus | "deleted" }
  | { type: "opened"; at: number }
  | { type: "closed"; code: number; at: number }
  /** The wait is over: by the clock, by "Try now", or because the network came back. */
  | { type: "due"; at: number }
  | { type: "renewed"; outcome: "ok" | "signed_out" | "unreachable"; at: number };

/** Close codes of the api beyond the standard ones. */
export const CLOSE = { stopped: 4000, deleted: 4001, signedOut: 4002, comeBack: 4003, desktopLost: 4004 } as const;

/** Waits before the first, second, … try, in milliseconds; the last one repeats for ever. */
export const WAITS_MS = [0, 1_000, 2_000, 5_000, 10_000, 15_000] as const;

/** A connection that breaks sooner than this after opening does not count as a recovery. */
export const SETTLED_MS = 5_000;

/** What the bar shows of it: a picture that is live, one that is missed, or none that was to be expected. */
export type Line = "live" | "lost" | "none";

export function lineOf(state: Connection): Line {
  switch (state.phase) {
    case "connected":
      return "live";
    case "lost":
      return "lost";
    case "connecting":
      return state.quiet ? "live" : state.loss ? "lost" : "none";
    case "renewing":
      return state.loss.tries === 0 ? "live" : "lost";
    case "waiting":
    case "ended":
      return "none";
  }
}

export const initial: Connection = { phase: "waiting" };

export function waitBeforeTry(triesSoFar: number): number {
  return WAITS_MS[Math.min(triesSoFar, WAITS_MS.length - 1)] ?? 15_000;
}

export function step(state: Connection, event: ConnectionEvent): Connection {
  switch (event.type) {
    case "desktop":
      return onDesktop(state, event.status);
    case "opened":
      return state.phase === "connecting"
        ? { phase: "connected", attempt: state.attempt, since: event.at, loss: state.loss }
        : state;
    case "closed":
      return onClosed(state, event.code, event.at);
    case "due":
      return state.phase === "lost" ? retry(state.attempt, state.loss) : state;
    case "renewed":
      return state.phase === "renewing" ? onRenewed(state, event.outcome, event.at) : state;
  }
}

function onDesktop(state: Connection, status: DesktopStatus | "deleted"): Connection {
  if (state.phase === "ended" && (state.kind === "deleted" || state.kind === "signed_out")) return state;
  switch (status) {
    case "queued":
    case "starting":
      // A live picture stays until its socket says otherwise.
      return state.phase === "connected" || state.phase === "renewing" ? state : { phase: "waiting" };
    case "running":
      return onRunning(state);
    case "stopping":
    case "stopped":
      return ended(state, "stopped");
    case "failed":
      return ended(state, "failed");
    case "deleting":
    case "deleted":
      return ended(state, "deleted");
  }
}

function onRunning(state: Connection): Connection {
  switch (state.phase) {
    case "waiting":
      return { phase: "connecting", attempt: 1, loss: null, quiet: false };
    case "ended":
      return { phase: "connecting", attempt: state.attempt + 1, loss: null, quiet: false };
    case "lost":
      return retry(state.attempt, state.loss);
    case "connecting":
    case "connected":
    case "renewing":
      return state;
  }
}

function onClosed(state: Connection, code: number, at: number): Connection {
  if (state.phase !== "connecting" && state.phase !== "connected") return state;
  const settled = state.phase === "connected" && at - state.since >= SETTLED_MS;
  const loss = lossAfter(state, at, settled);
  switch (code) {
    case CLOSE.stopped:
      return ended(state, "stopped");
    case CLOSE.deleted:
      return ended(state, "deleted");
    case CLOSE.desktopLost:
      return ended(state, "lost");
    case CLOSE.signedOut:
      return { phase: "renewing", attempt: state.attempt, loss };
    case CLOSE.comeBack:
      return settled ? { ...retry(state.attempt, loss), quiet: true } : waitFor(state.attempt, loss, at);
    default:
      return waitFor(state.attempt, loss, at);
  }
}

function onRenewed(
  state: Extract<Connection, { phase: "renewing" }>,
  outcome: "ok" | "signed_out" | "unreachable",
  at: number,
): Connection {
  switch (outcome) {
    case "ok":
      // At once the first time; after that with the usual wait, or it could go round and round.
      return state.loss.tries === 0
        ? { ...retry(state.attempt, state.loss), quiet: true }
        : waitFor(state.attempt, state.loss, at);
    case "signed_out":
      return ended(state, "signed_out");
    case "unreachable":
      return waitFor(state.attempt, { ...state.loss, tries: state.loss.tries + 1 }, at);
  }
}

/** The stretch without a picture that begins, or goes on, with this close. */
function lossAfter(
  state: Extract<Connection, { phase: "connecting" | "connected" }>,
  at: number,
  settled: boolean,
): Loss {
  if (state.phase === "connecting") return state.loss ?? { at, tries: 1, seen: false };
  if (settled || state.loss === null) return { at, tries: settled ? 0 : 1, seen: true };
  return { ...state.loss, seen: true };
}

function waitFor(attempt: number, loss: Loss, at: number): Connection {
  return { phase: "lost", attempt, loss, nextAt: at + waitBeforeTry(loss.tries) };
}

function retry(attempt: number, loss: Loss): Extract<Connection, { phase: "connecting" }> {
  return { phase: "connecting", attempt: attempt + 1, loss: { ...loss, tries: loss.tries + 1 }, quiet: false };
}

function ended(state: Connection, kind: EndedKind): Connection {
  return { phase: "ended", attempt: state.phase === "waiting" ? 0 : state.attempt, kind };
}
