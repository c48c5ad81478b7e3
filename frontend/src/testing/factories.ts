// One factory per state: what the api would answer. Used by the unit tests and by the mock server.
import type {
  About,
  Desktop,
  DesktopStatus,
  Limits,
  QueueInfo,
  Step,
  StepName,
  Template,
  User,
} from "../lib/api/types";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export function at(agoMs: number, now = Date.now()): string {
  return new Date(now - agoMs).toISOString();
}

export function user(over: Partial<User> = {}): User {
  return { id: "01JDUSERJONAS", username: "jonas", display_name: "Jonas Weber", role: "user", ...over };
}

export function about(over: Partial<About> = {}): About {
  return { name: "Berth", version: "0.1.0", sign_in: ["password"], providers: [], ...over };
}

export function template(over: Partial<Template> = {}): Template {
  return {
    id: "xfce",
    name: "XFCE desktop",
    description: "A full desktop with browser and office.",
    icon: "desktop",
    kind: "vnc",
    memory_mib: 2048,
    cpus: 2,
    default: false,
    ready: true,
    reason: null,
    typical_start_ms: 3000,
    ...over,
  };
}

export function templates(): Template[] {
  return [
    template({
      id: "light",
      name: "Light desktop",
      description: "Terminal and file manager.",
      icon: "terminal",
      memory_mib: 256,
      cpus: 0.5,
      typical_start_ms: 1500,
    }),
    template({ default: true }),
    template({
      id: "notebook",
      name: "Notebook",
      description: "Python and R notebooks.",
      icon: "notebook",
      memory_mib: 1024,
      cpus: 1,
      typical_start_ms: 5000,
    }),
    template({
      id: "drawing",
      name: "Drawing",
      description: "Vector and photo editing.",
      icon: "drawing",
      memory_mib: 3072,
      typical_start_ms: 4000,
    }),
    template({
      id: "code",
      name: "Code editor",
      description: "An editor with a terminal.",
      icon: "code",
      ready: false,
      reason: { code: "image_missing", text: "Its image is missing on the server." },
      typical_start_ms: null,
    }),
  ];
}

export function queueInfo(over: Partial<QueueInfo> = {}): QueueInfo {
  return {
    position: 3,
    eta_seconds: 23,
    ahead: 2,
    slots: { busy: 4, total: 4 },
    reason: { code: "no_start_slot", text: "All start slots are busy.", since: null },
    ...over,
  };
}

const ORDER: StepName[] = ["asked", "claimed", "created", "booted", "ready"];

/** Steps that took the given lengths, the last one ending `agoMs` ago. */
export function steps(agoMs: number, ...lengths: number[]): Step[] {
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  let past = agoMs + whole;
  return ORDER.slice(0, lengths.length + 1).map((name, index) => {
    if (index > 0) past -= lengths[index - 1] ?? 0;
    return { name, at: at(past) };
  });
}

let count = 0;

export function desktop(over: Partial<Desktop> = {}): Desktop {
  count += 1;
  return {
    id: `01JD${String(count).padStart(4, "0")}`,
    name: "Thesis",
    owner: "jonas",
    template: "xfce",
    status: "running",
    desired: "running",
    reason: null,
    step: null,
    steps: [],
    queue: null,
    attempt: { n: 1, max: 8, last_error: null },
    version: 1,
    created_at: at(count * MINUTE + HOUR),
    started_at: null,
    stopped_at: null,
    stopped_by: null,
    last_active_at: null,
    job_id: null,
    connect: null,
    newer_image: false,
    ...over,
  };
}

const OF: Record<DesktopStatus, () => Partial<Desktop>> = {
  running: () => ({
    steps: steps(3 * HOUR, 800, 600, 1500, 300),
    step: "ready",
    started_at: at(3 * HOUR),
    last_active_at: at(26 * MINUTE),
    connect: { kind: "vnc", url: "/api/v1/desktops/x/vnc" },
  }),
  starting: () => ({ steps: steps(1500, 3200, 600), step: "created", job_id: "01JDJOB0001" }),
  queued: () => ({ steps: steps(12 * SECOND), step: "asked", queue: queueInfo(), job_id: "01JDJOB0002" }),
  failed: () => ({
    steps: steps(30 * MINUTE, 3200),
    step: "claimed",
    stopped_at: at(33 * MINUTE),
    job_id: "01JD8Z6K3V",
    reason: { code: "image_missing", text: "The image of “Code editor” is missing on the server." },
  }),
  stopping: () => ({ desired: "stopped" }),
  stopped: () => ({
    desired: "stopped",
    stopped_at: at(17 * HOUR),
    stopped_by: "jonas",
    reason: { code: "by_user", text: "Stopped by jonas." },
  }),
  deleting: () => ({ desired: "deleted" }),
};

export function desktopThat(status: DesktopStatus, over: Partial<Desktop> = {}): Desktop {
  return desktop({ ...OF[status](), status, ...over });
}

export function limits(over: Partial<Limits> = {}): Limits {
  return {
    desktops: { limit: 6, used: 5 },
    starts: [
      { window: "minute", limit: 5, used: 4, resets_at: at(-38 * SECOND) },
      { window: "hour", limit: 50, used: 9, resets_at: at(-20 * MINUTE) },
      { window: "day", limit: 200, used: 14, resets_at: at(-9 * HOUR) },
    ],
    streams: { limit: 10, used: 1 },
    queue: { waiting: 3, eta_seconds: 32, slots: { busy: 4, total: 4 }, held: null },
    ...over,
  };
}

export function freeLimits(over: Partial<Limits> = {}): Limits {
  return limits({
    desktops: { limit: 3, used: 0 },
    starts: limits().starts.map((window) => ({ ...window, used: 0, resets_at: null })),
    streams: { limit: 10, used: 0 },
    queue: { waiting: 0, eta_seconds: 0, slots: { busy: 0, total: 4 }, held: null },
    ...over,
  });
}

/** The five of the interface guide's own picture. */
export function fiveDesktops(): Desktop[] {
  return [
    desktopThat("running", { name: "Thesis" }),
    desktopThat("starting", { name: "Survey data", template: "notebook" }),
    desktopThat("queued", { name: "Course week 3", template: "light" }),
    desktopThat("failed", { name: "Build box", template: "code" }),
    desktopThat("stopped", { name: "Old notes" }),
  ];
}

export function manyDesktops(n = 206): Desktop[] {
  const names = ["lab", "demo", "course", "paper", "figures"];
  return [
    ...fiveDesktops(),
    ...Array.from({ length: n - 5 }, (_, index) =>
      desktopThat(index < 2 ? "running" : "stopped", {
        name: `${names[index % names.length]}-${String(index + 1).padStart(2, "0")}`,
        template: index % 3 === 0 ? "light" : "xfce",
        stopped_at: index < 2 ? null : at((index + 1) * 5 * HOUR),
      }),
    ),
  ];
}
