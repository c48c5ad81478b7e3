// How the installation is, as the api would say it: a busy half hour on three nodes, and the first seconds of a new one.
import type { DesktopStatus, Operations } from "../lib/api/types";
import { at } from "./factories.ts";

const MINUTE = 60_000;
const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

type Process = Operations["processes"][number];
type Engine = Operations["engines"][number];

export function processNow(over: Partial<Process> = {}): Process {
  return {
    id: "p1",
    part: "serve",
    node: "dock-01",
    at: at(2_000),
    cpu_percent: 4.2,
    memory_bytes: 24 * MIB,
    pool_busy: 3,
    pool_idle: 17,
    pool_max: 40,
    event_streams: 120,
    viewers: 31,
    ...over,
  };
}

export function engineNow(over: Partial<Engine> = {}): Engine {
  return {
    node: "dock-01",
    up: true,
    cpu_percent: 130,
    memory_bytes: 5 * GIB,
    engine_cpu_percent: 3.1,
    engine_memory_bytes: 164 * MIB,
    ports: 148,
    port_range: 2001,
    ...over,
  };
}

const COUNTS: [DesktopStatus, number][] = [
  ["queued", 2],
  ["starting", 4],
  ["running", 148],
  ["stopping", 0],
  ["stopped", 1284],
  ["failed", 1],
  ["deleting", 0],
];

const CALLS: [string, number, number, number, number][] = [
  ["POST /api/v1/auth/login", 96, 212, 431, 560],
  ["POST /api/v1/admin/jobs/{job}/cancel", 3, 18, 41, 41],
  ["GET /api/v1/admin/operations", 120, 9.4, 22.3, 31],
  ["PUT /api/v1/admin/templates/{template}/order-of-all-templates-in-the-list", 2, 8, 19, 19],
  ["GET /api/v1/desktops", 18_204, 2.1, 12.4, 18.9],
  ["GET /api/v1/me", 20_411, 0.4, 1.8, 3.2],
];

const ENGINE_CALLS: [string, number, number, number, number][] = [
  ["create", 74, 210, 1_940, 12_300],
  ["start", 74, 380, 760, 990],
  ["inspect", 9_120, 1.4, 4.8, 9],
];

const times = ([call, n, p50_ms, p95_ms, p99_ms]: [string, number, number, number, number]) => ({
  call,
  n,
  p50_ms,
  p95_ms,
  p99_ms,
});

export function operations(over: Partial<Operations> = {}): Operations {
  return {
    at: at(0),
    desktops: COUNTS.map(([status, n]) => ({ status, n })),
    processes: [
      processNow(),
      processNow({ id: "p2", part: "api", node: "front-of-house.example.internal", cpu_percent: 31 }),
      processNow({ id: "p3", part: "worker", node: "dock-02", cpu_percent: null, event_streams: 0, viewers: 0 }),
    ],
    engines: [
      engineNow(),
      engineNow({ node: "dock-02", engine_cpu_percent: null, engine_memory_bytes: null }),
      engineNow({ node: "dock-03", up: false, cpu_percent: null, memory_bytes: null, port_range: null }),
    ],
    calls: CALLS.map(times),
    engine_calls: ENGINE_CALLS.map(times),
    history: Array.from({ length: 30 }, (_, index) => {
      const rise = index < 12 ? 0 : (index - 12) / 17;
      const wave = Math.sin(index * 1.7) * 0.5 + 0.5;
      return {
        minute: at((30 - index) * MINUTE),
        calls: Math.round(900 + rise * 800 + wave * 90),
        call_p95_ms: 8 + rise * 6 + wave * 2,
        event_p95_ms: 20 + rise * 12,
        pool_busy: Math.round(2 + rise * 6 + wave),
        event_streams: Math.round(80 + rise * 160),
        viewers: Math.round(20 + rise * 42),
        memory_bytes: 70 * MIB,
        engine_cpu_percent: Math.round(110 + rise * 280 + wave * 40),
        engine_memory_bytes: (9 + rise * 4) * GIB,
      };
    }),
    ...over,
  };
}

/** The first seconds: nothing was measured yet, nobody is there. */
export function noOperations(): Operations {
  const nothing = {
    calls: 0,
    call_p95_ms: null,
    event_p95_ms: null,
    pool_busy: null,
    event_streams: null,
    viewers: null,
    memory_bytes: null,
    engine_cpu_percent: null,
    engine_memory_bytes: null,
  };
  return operations({
    desktops: COUNTS.map(([status]) => ({ status, n: 0 })),
    processes: [],
    engines: [],
    calls: [],
    engine_calls: [],
    history: Array.from({ length: 30 }, (_, index) => ({ minute: at((30 - index) * MINUTE), ...nothing })),
  });
}
