// One event stream for all tabs of a browser. The tab that holds the lock leads: it reads the stream and hands every
// event to the others over a BroadcastChannel. When it closes, the lock passes on and the next one resumes after the
// last id that it heard. Where locks or channels are missing (plain http), every tab reads a stream of its own.
import { lead } from "./leader";
import type { StreamEvent } from "./messages";

/** A leader this silent is taken to be frozen: a follower takes the lock from it. Slower than any throttled timer. */
const TAKE_OVER_MS = 90_000;

/** How fine the time of the last word from the server is kept. */
const BEAT_MS = 1_000;

export interface ConnectionState {
  live: boolean;
  /** Since when it is, or is not, live. */
  since: number;
  /** When anything was last heard from the server; null before the first time. */
  heardAt: number | null;
  /** When the next try is due, while not live. */
  nextTryAt: number | null;
}

type Message =
  | { type: "event"; event: StreamEvent }
  | { type: "state"; state: ConnectionState; lastId: string | null }
  /** A new tab asks how things stand. */
  | { type: "hello" }
  | { type: "retry" };

export interface HubOptions {
  /** Of the lock and the channel: tabs with the same one share a stream. */
  name: string;
  /** What is read: a room of its own has a path of its own. */
  path: string;
  onEvent: (event: StreamEvent) => void;
  onState: (state: ConnectionState) => void;
}

export interface Hub {
  retryNow: () => void;
  stop: () => void;
}

export function startHub({ name, path, onEvent, onState }: HubOptions): Hub {
  const stopped = new AbortController();
  const shared = "locks" in navigator && typeof BroadcastChannel !== "undefined";
  const channel = shared ? new BroadcastChannel(name) : null;
  let state: ConnectionState = { live: false, since: Date.now(), heardAt: null, nextTryAt: null };
  let lastId: string | null = null;
  let leading = false;
  let wake: () => void = () => undefined;
  let heardLeaderAt = Date.now();

  const post = (message: Message) => channel?.postMessage(message);

  function setState(next: Partial<ConnectionState>, tell = leading) {
    const since = next.live === undefined || next.live === state.live ? state.since : Date.now();
    state = { ...state, since, ...next };
    onState(state);
    if (tell) post({ type: "state", state, lastId });
  }

  function take(event: StreamEvent) {
    if (event.id) lastId = event.id;
    onEvent(event);
  }

  async function leadUntil(signal: AbortSignal) {
    leading = true;
    try {
      await lead(
        {
          path,
          after: () => lastId,
          onEvent: (event) => {
            take(event);
            post({ type: "event", event });
          },
          onLive: () => setState({ live: true, heardAt: Date.now(), nextTryAt: null }),
          onBytes: () => {
            if (Date.now() - (state.heardAt ?? 0) > BEAT_MS) setState({ heardAt: Date.now() });
          },
          onBroken: (nextTryAt) => setState({ live: false, nextTryAt }),
        },
        signal,
        (now) => (wake = now),
      );
    } finally {
      leading = false;
    }
  }

  /** Stands in line for the lead; again after it was taken away while this tab was frozen. */
  async function stand(steal = false) {
    if (!shared) return leadUntil(stopped.signal);
    const taken = new AbortController();
    try {
      const options: LockOptions = steal ? { steal: true } : { signal: stopped.signal };
      await navigator.locks.request(name, options, () => leadUntil(AbortSignal.any([stopped.signal, taken.signal])));
    } catch {
      taken.abort();
      if (!stopped.signal.aborted) await stand();
    }
  }

  const receive: Record<Message["type"], (message: Message) => void> = {
    event: (message) => message.type === "event" && take(message.event),
    state: (message) => {
      if (message.type !== "state" || leading) return;
      lastId = message.lastId ?? lastId;
      state = message.state;
      onState(state);
    },
    hello: () => leading && post({ type: "state", state, lastId }),
    retry: () => leading && wake(),
  };

  if (channel) {
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      heardLeaderAt = Date.now();
      receive[data.type](data);
    };
    post({ type: "hello" });
  }
  void stand();
  const watch = setInterval(() => {
    if (!shared || leading || Date.now() - heardLeaderAt < TAKE_OVER_MS) return;
    heardLeaderAt = Date.now();
    void stand(true);
  }, 10_000);

  return {
    retryNow: () => (leading ? wake() : post({ type: "retry" })),
    stop: () => {
      clearInterval(watch);
      stopped.abort();
      channel?.close();
    },
  };
}
