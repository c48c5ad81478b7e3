import { describe, expect, it } from "vitest";
import type { DesktopStatus } from "@/lib/api";
import {
  CLOSE,
  initial,
  lineOf,
  SETTLED_MS,
  step,
  WAITS_MS,
  waitBeforeTry,
  type Connection,
  type ConnectionEvent,
} from "./connection";

const loss = { at: 1_000, tries: 3, seen: true };
const STATES: Record<string, Connection> = {
  waiting: { phase: "waiting" },
  connecting: { phase: "connecting", attempt: 1, loss: null, quiet: false },
  "connecting again": { phase: "connecting", attempt: 4, loss, quiet: false },
  connected: { phase: "connected", attempt: 4, since: 10_000, loss: null },
  lost: { phase: "lost", attempt: 4, loss, nextAt: 6_000 },
  renewing: { phase: "renewing", attempt: 4, loss: { ...loss, tries: 0 } },
  "ended stopped": { phase: "ended", attempt: 4, kind: "stopped" },
  "ended failed": { phase: "ended", attempt: 4, kind: "failed" },
  "ended lost": { phase: "ended", attempt: 4, kind: "lost" },
  "ended deleted": { phase: "ended", attempt: 4, kind: "deleted" },
  "ended signed_out": { phase: "ended", attempt: 4, kind: "signed_out" },
};

const SETTLED = 10_000 + SETTLED_MS;
const STATUSES: (DesktopStatus | "deleted")[] = [
  "queued",
  "starting",
  "running",
  "stopping",
  "stopped",
  "failed",
  "deleting",
  "deleted",
];
const EVENTS: Record<string, ConnectionEvent> = {
  ...Object.fromEntries(STATUSES.map((status) => [status, { type: "desktop", status } as const])),
  opened: { type: "opened", at: SETTLED },
  "closed 1006": { type: "closed", code: 1006, at: SETTLED },
  "closed 4000": { type: "closed", code: CLOSE.stopped, at: SETTLED },
  "closed 4001": { type: "closed", code: CLOSE.deleted, at: SETTLED },
  "closed 4002": { type: "closed", code: CLOSE.signedOut, at: SETTLED },
  "closed 4003": { type: "closed", code: CLOSE.comeBack, at: SETTLED },
  "closed 4004": { type: "closed", code: CLOSE.desktopLost, at: SETTLED },
  due: { type: "due", at: SETTLED },
  "renewed ok": { type: "renewed", outcome: "ok", at: SETTLED },
  "renewed signed out": { type: "renewed", outcome: "signed_out", at: SETTLED },
  "renewed unreachable": { type: "renewed", outcome: "unreachable", at: SETTLED },
};

/** One line for a state: phase, and what tells two of the same phase apart. */
function short(state: Connection): string {
  switch (state.phase) {
    case "waiting":
      return "waiting";
    case "connecting":
      return `connecting #${state.attempt}${state.quiet ? " quiet" : ""}${state.loss ? ` try ${state.loss.tries}` : ""}`;
    case "connected":
      return `connected #${state.attempt}`;
    case "lost":
      return `lost after ${state.loss.tries}, in ${state.nextAt - SETTLED} ms`;
    case "renewing":
      return "renewing";
    case "ended":
      return `ended ${state.kind}`;
  }
}

/** Every state with every event; "·" where the event changes nothing. */
function row(name: string): Record<string, string> {
  const state = STATES[name] as Connection;
  return Object.fromEntries(
    Object.entries(EVENTS).map(([event, happened]) => {
      const next = step(state, happened);
      return [event, next === state ? "·" : short(next)];
    }),
  );
}

const STAYS = Object.fromEntries(Object.keys(EVENTS).map((event) => [event, "·"]));
const BY_RECORD = {
  stopping: "ended stopped",
  stopped: "ended stopped",
  failed: "ended failed",
  deleting: "ended deleted",
  deleted: "ended deleted",
};

describe("every state with every event", () => {
  it("waiting", () => {
    expect(row("waiting")).toEqual({
      ...STAYS,
      ...BY_RECORD,
      queued: "waiting",
      starting: "waiting",
      running: "connecting #1",
    });
  });

  it("connecting, the first time", () => {
    expect(row("connecting")).toEqual({
      ...STAYS,
      ...BY_RECORD,
      queued: "waiting",
      starting: "waiting",
      opened: "connected #1",
      "closed 1006": "lost after 1, in 1000 ms",
      "closed 4000": "ended stopped",
      "closed 4001": "ended deleted",
      "closed 4002": "renewing",
      "closed 4003": "lost after 1, in 1000 ms",
      "closed 4004": "ended lost",
    });
  });

  it("connecting, after a loss", () => {
    expect(row("connecting again")).toEqual({
      ...STAYS,
      ...BY_RECORD,
      queued: "waiting",
      starting: "waiting",
      opened: "connected #4",
      "closed 1006": "lost after 3, in 5000 ms",
      "closed 4000": "ended stopped",
      "closed 4001": "ended deleted",
      "closed 4002": "renewing",
      "closed 4003": "lost after 3, in 5000 ms",
      "closed 4004": "ended lost",
    });
  });

  it("connected", () => {
    expect(row("connected")).toEqual({
      ...STAYS,
      ...BY_RECORD,
      "closed 1006": "lost after 0, in 0 ms",
      "closed 4000": "ended stopped",
      "closed 4001": "ended deleted",
      "closed 4002": "renewing",
      "closed 4003": "connecting #5 quiet try 1",
      "closed 4004": "ended lost",
    });
  });

  it("lost", () => {
    expect(row("lost")).toEqual({
      ...STAYS,
      ...BY_RECORD,
      queued: "waiting",
      starting: "waiting",
      running: "connecting #5 try 4",
      due: "connecting #5 try 4",
    });
  });

  it("renewing", () => {
    expect(row("renewing")).toEqual({
      ...STAYS,
      ...BY_RECORD,
      "renewed ok": "connecting #5 quiet try 1",
      "renewed signed out": "ended signed_out",
      "renewed unreachable": "lost after 1, in 1000 ms",
    });
  });

  it.each(["ended stopped", "ended failed", "ended lost"])("%s waits for a start", (name) => {
    expect(row(name)).toEqual({
      ...STAYS,
      ...BY_RECORD,
      queued: "waiting",
      starting: "waiting",
      running: "connecting #5",
    });
  });

  it.each(["ended deleted", "ended signed_out"])("%s is the end", (name) => {
    expect(row(name)).toEqual(STAYS);
  });
});

describe("tries", () => {
  it("wait 0, 1, 2, 5, 10, 15 s and then 15 s for ever", () => {
    let state: Connection = STATES.connected as Connection;
    let now = 60_000;
    const waits: number[] = [];
    for (let n = 0; n < 8; n += 1) {
      state = step(state, { type: "closed", code: 1006, at: now });
      if (state.phase !== "lost") throw new Error(state.phase);
      waits.push(state.nextAt - now);
      now = state.nextAt;
      state = step(state, { type: "due", at: now });
    }
    expect(waits).toEqual([...WAITS_MS, 15_000, 15_000]);
    expect(state).toMatchObject({ phase: "connecting", loss: { at: 60_000, tries: 8, seen: true } });
  });

  it("start again from nothing once a connection has lasted", () => {
    const opened = step(STATES["connecting again"] as Connection, { type: "opened", at: 20_000 });
    const closed = step(opened, { type: "closed", code: 1006, at: 20_000 + SETTLED_MS });
    expect(closed).toMatchObject({ phase: "lost", nextAt: 20_000 + SETTLED_MS, loss: { tries: 0 } });
  });

  it("go on where they were when it breaks at once, so that nothing is hammered", () => {
    const opened = step(STATES["connecting again"] as Connection, { type: "opened", at: 20_000 });
    const closed = step(opened, { type: "closed", code: CLOSE.comeBack, at: 20_100 });
    expect(closed).toMatchObject({ phase: "lost", nextAt: 25_100, loss: { at: 1_000, tries: 3, seen: true } });
  });

  it("wait after a second refusal of a renewed log-in", () => {
    const once = step(STATES["connecting again"] as Connection, { type: "closed", code: CLOSE.signedOut, at: 9_000 });
    const renewed = step(once, { type: "renewed", outcome: "ok", at: 9_100 });
    expect(renewed).toMatchObject({ phase: "lost", nextAt: 9_100 + waitBeforeTry(3) });
  });

  it("remember whether there ever was a picture", () => {
    const first = step(STATES.connecting as Connection, { type: "closed", code: 1006, at: 5 });
    expect(first).toMatchObject({ loss: { seen: false } });
    const again = step(step(first, { type: "due", at: 6 }), { type: "opened", at: 7 });
    expect(step(again, { type: "closed", code: 1006, at: 8 })).toMatchObject({ loss: { seen: true, at: 5 } });
  });
});

describe("what the bar shows", () => {
  it.each([
    [initial, "none"],
    [STATES.connecting, "none"],
    [STATES["connecting again"], "lost"],
    [{ phase: "connecting", attempt: 2, loss, quiet: true }, "live"],
    [STATES.connected, "live"],
    [STATES.lost, "lost"],
    [STATES.renewing, "live"],
    [{ phase: "renewing", attempt: 2, loss }, "lost"],
    [STATES["ended stopped"], "none"],
  ] as [Connection, string][])("%o: %s", (state, line) => {
    expect(lineOf(state)).toBe(line);
  });
});
