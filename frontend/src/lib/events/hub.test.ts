import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "@/lib/api";
import { startHub, type ConnectionState, type Hub } from "./hub";
import type { StreamEvent } from "./messages";
import { readStream, type StreamHandlers } from "./stream";

vi.mock("./stream", () => ({ readStream: vi.fn() }));

/** One opened stream: what it was asked for, and ways to speak and to break. */
interface Opened extends StreamHandlers {
  after: string | null;
  end: () => void;
  fail: (error: unknown) => void;
}

let streams: Opened[] = [];
let tabs: Hub[] = [];

/** A browser's locks and channels, as far as the hub uses them. */
function browser() {
  let held = false;
  const line: (() => void)[] = [];
  const locks = {
    request: async (_name: string, _options: LockOptions, work: () => Promise<void>) => {
      if (held) await new Promise<void>((resolve) => line.push(resolve));
      held = true;
      await work();
      held = false;
      line.shift()?.();
    },
  };
  const channels = new Set<FakeChannel>();
  class FakeChannel {
    onmessage: ((event: { data: unknown }) => void) | null = null;
    constructor() {
      channels.add(this);
    }
    postMessage(data: unknown) {
      for (const other of channels) if (other !== this) other.onmessage?.({ data: structuredClone(data) });
    }
    close() {
      channels.delete(this);
    }
  }
  vi.stubGlobal("navigator", { locks });
  vi.stubGlobal("BroadcastChannel", FakeChannel);
}

function tab() {
  const events: StreamEvent[] = [];
  const states: ConnectionState[] = [];
  const hub = startHub({
    name: "berth.events",
    path: "/events",
    onEvent: (event) => events.push(event),
    onState: (state) => states.push(state),
  });
  tabs.push(hub);
  return { hub, events, states, ids: () => events.map((event) => event.id) };
}

const settle = () => vi.advanceTimersByTimeAsync(0);
const say = (stream: Opened | undefined, id: string | undefined, event = "desktop") =>
  stream?.onMessage({ event, id, data: "{}" });

beforeEach(() => {
  vi.useFakeTimers();
  streams = [];
  tabs = [];
  vi.mocked(readStream).mockImplementation(
    (_path, after, handlers, signal) =>
      new Promise<void>((resolve, reject) => {
        streams.push({ ...handlers, after, end: resolve, fail: reject });
        signal.addEventListener("abort", () => resolve());
      }),
  );
  browser();
});

afterEach(() => {
  for (const hub of tabs) hub.stop();
});

it("opens one stream for two tabs, and both hear every event", async () => {
  const [first, second] = [tab(), tab()];
  await settle();
  expect(streams).toHaveLength(1);
  streams[0]?.onOpen();
  say(streams[0], "1");
  say(streams[0], "2");
  expect(first.ids()).toEqual(["1", "2"]);
  expect(second.ids()).toEqual(["1", "2"]);
  expect(second.states.at(-1)?.live).toBe(true);
});

it("passes the lead on when the leader closes, and goes on after the last id", async () => {
  const [first, second] = [tab(), tab()];
  await settle();
  streams[0]?.onOpen();
  say(streams[0], "7");
  say(streams[0], undefined, "queue");
  first.hub.stop();
  await settle();
  expect(streams).toHaveLength(2);
  expect(streams[1]?.after).toBe("7");
  streams[1]?.onOpen();
  say(streams[1], "8");
  expect(second.ids()).toEqual(["7", null, "8"]);
});

it("tells a new tab at once how things stand", async () => {
  tab();
  await settle();
  streams[0]?.onOpen();
  const late = tab();
  expect(late.states.at(-1)?.live).toBe(true);
});

it("reopens after the last id, with growing pauses", async () => {
  const { states } = tab();
  await settle();
  say(streams[0], "3");
  const pauses = [0, 1000, 2000, 5000, 10_000, 15_000, 15_000];
  for (const [index, pause] of pauses.entries()) {
    streams[index]?.fail(new Error("broken"));
    await settle();
    expect(states.at(-1)?.live).toBe(false);
    if (pause > 0) {
      await vi.advanceTimersByTimeAsync(pause - 1);
      expect(streams).toHaveLength(index + 1);
    }
    await vi.advanceTimersByTimeAsync(1);
    expect(streams).toHaveLength(index + 2);
    expect(streams.at(-1)?.after).toBe("3");
  }
});

it("begins with the shortest pause again after a good stream", async () => {
  tab();
  await settle();
  streams[0]?.fail(new Error("broken"));
  await settle();
  await settle();
  streams[1]?.onOpen();
  await vi.advanceTimersByTimeAsync(60_000);
  streams[1]?.end();
  await settle();
  await settle();
  expect(streams).toHaveLength(3);
});

it("tries at once when asked to, also from a tab that follows", async () => {
  tab();
  const follower = tab();
  await settle();
  for (const index of [0, 1, 2]) {
    streams[index]?.fail(new Error("broken"));
    await vi.advanceTimersByTimeAsync(index === 2 ? 0 : 1000);
  }
  expect(streams).toHaveLength(3);
  follower.hub.retryNow();
  await settle();
  expect(streams).toHaveLength(4);
});

it("stops trying when nobody is signed in any more", async () => {
  tab();
  await settle();
  streams[0]?.fail(new ApiError(401, "session_ended", "", null, null));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(streams).toHaveLength(1);
});

it("reads a stream of its own where locks are missing", async () => {
  vi.stubGlobal("navigator", {});
  tab();
  tab();
  await settle();
  expect(streams).toHaveLength(2);
});
