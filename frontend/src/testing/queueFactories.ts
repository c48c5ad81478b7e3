// The queue's figures and its workers as the api would answer them: the interface guide's busy half hour, and a quiet one.
import type { AdminQueue, AdminQueueLive, QueueCounts, QueueMinute, Worker } from "../lib/api/types";
import { at } from "./factories.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export const NO_COUNTS: QueueCounts = {
  available: 0,
  scheduled: 0,
  running: 0,
  retryable: 0,
  completed: 0,
  cancelled: 0,
  discarded: 0,
};

/** The last thirty minutes: a busy half hour, or a quiet one. */
export function minutes(busy = true): QueueMinute[] {
  return Array.from({ length: 30 }, (_, index) => {
    const rise = index < 12 ? 0 : (index - 12) / 17;
    const wave = Math.sin(index * 1.7) * 0.5 + 0.5;
    return {
      minute: at((30 - index) * MINUTE),
      finished: busy ? Math.round(22 + rise * 38 + wave * 5) : 0,
      oldest_wait_ms: busy ? Math.round(1500 + rise * rise * 38_000 + wave * 2000) : null,
      start_p50_ms: busy ? Math.round(3100 + rise * rise * 11_500 + wave * 300) : null,
      start_p95_ms: busy ? Math.round(4200 + rise * rise * 14_700 + wave * 300) : null,
    };
  });
}

export function adminQueue(over: Partial<AdminQueue> = {}): AdminQueue {
  return {
    counts: {
      available: 37,
      scheduled: 2,
      running: 24,
      retryable: 3,
      completed: 1209,
      cancelled: 5,
      discarded: 4,
    },
    by_kind: {
      "desktop.create": { waiting: 37, running: 20 },
      "desktop.stop": { waiting: 0, running: 3 },
      "desktop.cleanup": { waiting: 0, running: 1 },
      "image.pull": { waiting: 0, running: 0 },
    },
    oldest_wait_ms: 41_000,
    per_minute: 63,
    paused: null,
    slots: { busy: 4, total: 4 },
    nodes: [
      {
        id: "dock-01",
        engine_up: true,
        engine_error: null,
        slots: { busy: 4, total: 4 },
        auto: true,
        seen_at: at(SECOND),
      },
    ],
    workers: 3,
    failed_today: 3,
    drift: 5,
    history: minutes(),
    ...over,
  };
}

/** What an event of the admin room carries. */
export function figures(over: Partial<AdminQueueLive> = {}): AdminQueueLive {
  const { history, ...live } = adminQueue();
  void history;
  return { ...live, ...over };
}

const NONE = { waiting: 0, running: 0 };

export function quietQueue(over: Partial<AdminQueue> = {}): AdminQueue {
  return adminQueue({
    counts: NO_COUNTS,
    by_kind: {
      "desktop.create": NONE,
      "desktop.stop": NONE,
      "desktop.cleanup": NONE,
      "image.pull": NONE,
    },
    oldest_wait_ms: null,
    per_minute: 0,
    slots: { busy: 0, total: 4 },
    nodes: [{ ...adminQueue().nodes[0]!, slots: { busy: 0, total: 4 } }],
    workers: 1,
    failed_today: 0,
    drift: 0,
    history: minutes(false),
    ...over,
  });
}

export function worker(over: Partial<Worker> = {}): Worker {
  return {
    id: "dock-01-3301-01jd8z5t9qk4m2aaaaaaaaaaaa",
    node: "dock-01",
    state: "live",
    started_at: at(3 * HOUR),
    last_seen_at: at(SECOND),
    concurrency: 32,
    running: 10,
    given_back: 0,
    version: "1.0.0",
    ...over,
  };
}

export function fourWorkers(): Worker[] {
  return [
    worker(),
    worker({ id: "dock-01-3302-01jd8z5t9qk4m2bbbbbbbbbbbb", running: 12, last_seen_at: at(2 * SECOND) }),
    worker({
      id: "dock-01-3303-01jd8z5t9qk4m2cccccccccccc",
      state: "silent",
      running: 0,
      given_back: 3,
      last_seen_at: at(17 * SECOND),
    }),
    worker({ id: "dock-01-3304-01jd8z5t9qk4m2dddddddddddd", state: "draining", running: 2, version: "0.9.4" }),
  ];
}
