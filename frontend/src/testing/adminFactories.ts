// What the api would answer an administrator: one factory per shape, and the queue and drift of the interface guide's
// own pictures. Used by the unit tests and by the mock server.
import type {
  AdminQueue,
  AdminQueueLive,
  DriftItem,
  DriftList,
  DriftSide,
  Job,
  JobAttempt,
  JobDetail,
  JobKind,
  JobState,
  QueueCounts,
  QueueMinute,
  Worker,
} from "../lib/api/types";
import { at, desktopThat, queueInfo } from "./factories.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export const PEOPLE: [username: string, name: string][] = [
  ["jonas", "Jonas Weber"],
  ["priya", "Priya Nair"],
  ["tom", "Tom Okafor"],
  ["lena", "Lena Fischer"],
  ["sam", "Sam Reyes"],
  ["mara", "Mara Lindqvist"],
  ["ines", "Ines Costa"],
  ["wei", "Wei Zhang"],
  ["amina", "Amina Diallo"],
];

let count = 0;

/** An id as the api makes them: 26 letters, the later the greater. */
export function jobId(): string {
  count += 1;
  return `01JD8Z5T9QK4M2${String(count).padStart(12, "0")}`;
}

export function job(over: Partial<Job> = {}): Job {
  const id = over.id ?? jobId();
  return {
    id,
    kind: "desktop.create",
    desktop_id: `01JD7QV3E8${id.slice(-12)}ABCD`,
    desktop_name: "lab-07",
    user: "priya",
    user_display_name: "Priya Nair",
    state: "available",
    attempt: 0,
    max_attempts: 8,
    priority: 1,
    run_at: at(12 * SECOND),
    created_at: at(12 * SECOND),
    started_at: null,
    finished_at: null,
    worker: null,
    node: null,
    lease_until: null,
    last_error: null,
    trace_id: "4bf92f3577b34da6",
    step: null,
    queue: null,
    ended_by: null,
    actions: [],
    ...over,
  };
}

const OF: Record<JobState, () => Partial<Job>> = {
  available: () => ({ queue: queueInfo(), actions: ["cancel"] }),
  scheduled: () => ({ run_at: at(-4 * MINUTE), actions: ["retry", "cancel"] }),
  running: () => ({
    attempt: 1,
    worker: "dock-01-3301-01jd8z5t9qk4m2aaaaaaaaaaaa",
    node: "dock-01",
    started_at: at(2_100),
    lease_until: at(-13 * SECOND),
    step: "booted",
    actions: ["cancel"],
  }),
  retryable: () => ({
    attempt: 3,
    run_at: at(-6 * SECOND),
    created_at: at(52 * SECOND),
    last_error: "The engine answered 500 while it made the network",
    actions: ["retry", "cancel"],
  }),
  completed: () => ({
    attempt: 1,
    worker: "dock-01-3302-01jd8z5t9qk4m2bbbbbbbbbbbb",
    node: "dock-01",
    created_at: at(40 * SECOND),
    started_at: at(36 * SECOND),
    finished_at: at(36 * SECOND - 2_900),
    actions: [],
  }),
  cancelled: () => ({ finished_at: at(2 * MINUTE), created_at: at(3 * MINUTE), ended_by: "mara", actions: ["retry"] }),
  discarded: () => ({
    attempt: 1,
    created_at: at(33 * MINUTE),
    started_at: at(33 * MINUTE - 500),
    finished_at: at(33 * MINUTE - 800),
    last_error: "The image “berth/code:1.4” is missing on dock-01",
    actions: ["retry"],
  }),
};

export function jobThat(state: JobState, over: Partial<Job> = {}): Job {
  return job({ ...OF[state](), state, ...over });
}

export function attempt(over: Partial<JobAttempt> = {}): JobAttempt {
  return {
    n: 1,
    worker: "dock-01-3301-01jd8z5t9qk4m2aaaaaaaaaaaa",
    started_at: at(2_100),
    ended_at: null,
    outcome: null,
    error: null,
    ...over,
  };
}

export function jobDetail(of: Job, over: Partial<JobDetail> = {}): JobDetail {
  const begun = of.attempt > 0;
  const history = [
    { id: "4", ago: 1_400, status: "starting" as const, text: "Switched on, waiting for its first answer." },
    { id: "3", ago: 2_000, status: "starting" as const, text: "Created." },
    { id: "2", ago: 2_100, status: "starting" as const, text: "Its start began." },
    { id: "1", ago: 12_000, status: "queued" as const, text: "Asked for by", actor: of.user },
  ];
  return {
    ...of,
    attempts: begun
      ? [
          attempt({
            n: 2,
            outcome: of.finished_at ? "done" : null,
            ended_at: of.finished_at,
            started_at: of.started_at ?? at(2_100),
          }),
          attempt({
            n: 1,
            worker: "dock-01-3303-01jd8z5t9qk4m2cccccccccccc",
            started_at: at(32 * SECOND),
            ended_at: at(16 * SECOND),
            outcome: "lost",
            error: "lease expired at 12:04:27.913, last renewed 12:04:12.880",
          }),
        ]
      : [],
    container: begun ? "7f3c0a12d3e4" : null,
    port: begun ? 7031 : null,
    lease_renewed_at: of.lease_until ? at(SECOND) : null,
    history: history.map(({ id, ago, status, text, actor }) => ({
      id,
      at: at(ago),
      kind: actor ? "asked" : "happened",
      actor: actor ?? null,
      status,
      desired: "running",
      reason: null,
      text,
    })),
    desktop: desktopThat("starting", { name: of.desktop_name ?? "Desktop", owner: of.user, template: "light" }),
    ...over,
  };
}

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

const KINDS: JobKind[] = ["desktop.create", "desktop.stop", "desktop.create", "desktop.cleanup"];
const NAMES = ["lab", "demo", "course", "paper", "figures", "Survey data", "Field maps"];

/** Those of the picture first (newest last asked), then as many completed ones as wanted. */
export function manyJobs(finished = 1209): Job[] {
  const who = (index: number) => {
    const [user, user_display_name] = PEOPLE[index % PEOPLE.length]!;
    return { user, user_display_name };
  };
  const done = Array.from({ length: finished }, (_, index) => {
    const age = (finished - index) * 20 * SECOND + 2 * MINUTE;
    return jobThat("completed", {
      ...who(index),
      kind: KINDS[index % KINDS.length]!,
      desktop_name: `${NAMES[index % NAMES.length]}-${String((index % 90) + 1).padStart(2, "0")}`,
      created_at: at(age),
      started_at: at(age - 800),
      finished_at: at(age - 800 - 1500 - (index % 17) * 190),
    });
  });
  const discarded = [0, 1, 2, 3].map((index) =>
    jobThat("discarded", { ...who(index * 3), desktop_name: index === 0 ? "Build box" : `paper-0${index}` }),
  );
  const cancelled = [0, 1, 2, 3, 4].map((index) =>
    jobThat("cancelled", { ...who(index + 2), desktop_name: `demo-1${index}`, ended_by: index < 2 ? "mara" : null }),
  );
  const scheduled = [
    jobThat("scheduled", { kind: "desktop.stop", desktop_name: "Thesis", ...who(0) }),
    jobThat("scheduled", { kind: "desktop.cleanup", desktop_name: null, ...who(5), run_at: at(-50 * SECOND) }),
  ];
  const running = Array.from({ length: 24 }, (_, index) =>
    jobThat("running", {
      ...who(index),
      kind: index % 6 === 4 ? "desktop.stop" : index % 11 === 5 ? "desktop.cleanup" : "desktop.create",
      desktop_name: index === 0 ? "Survey data" : `lab-${String(index + 30)}`,
      step: index % 6 === 4 || index % 11 === 5 ? null : index % 3 === 0 ? "claimed" : "created",
      attempt: index === 1 ? 2 : 1,
      worker: index % 2 ? fourWorkers()[0]!.id : fourWorkers()[1]!.id,
      created_at: at((30 - index) * SECOND),
      started_at: at(400 + index * 310),
      actions: index % 6 === 4 || index % 11 === 5 ? [] : ["cancel"],
    }),
  );
  const available = Array.from({ length: 37 }, (_, index) => {
    const position = 37 - index;
    const reason = { code: "no_start_slot" as const, text: "All start slots are busy.", since: null };
    return jobThat("available", {
      ...who(index + 1),
      desktop_name: index === 36 ? "Course week 3" : `lab-${String(index + 60)}`,
      created_at: at((41 - index) * SECOND),
      run_at: at((41 - index) * SECOND),
      queue: queueInfo({ position, ahead: position - 1, eta_seconds: 5 + position * 4, reason }),
    });
  }).reverse();
  const retryable = [
    jobThat("retryable", {
      ...who(4),
      desktop_name: "figures-02",
      attempt: 1,
      last_error: "It did not answer in time",
    }),
    jobThat("retryable", {
      ...who(2),
      desktop_name: "lab-12",
      attempt: 2,
      run_at: at(-2 * SECOND),
      last_error: "Port 7114 is used by another program; taking the next one",
    }),
    jobThat("retryable", { ...who(1) }),
  ];
  const all = [...done, ...discarded, ...cancelled, ...scheduled, ...available, ...running, ...retryable];
  // The later in the list, the later asked: so are the ids of the api.
  return all.map((job) => ({ ...job, id: jobId() }));
}

function side(over: Partial<DriftSide>): DriftSide {
  return {
    title: "",
    detail: "",
    desktop_id: null,
    container_id: null,
    owner: null,
    status: null,
    port: null,
    since: null,
    memory_bytes: null,
    ...over,
  };
}

export function driftItem(over: Partial<DriftItem> = {}): DriftItem {
  count += 1;
  return {
    id: `01JDDRIFT${String(count).padStart(17, "0")}`,
    kind: "container_without_desktop",
    node: "dock-01",
    record: null,
    engine: side({
      title: "berth-5b2e91c4",
      detail: "Light desktop, up 3 h, 31 MB, port 7044. Label says owner: Priya Nair",
      owner: "priya",
      port: 7044,
    }),
    since: at(3 * HOUR),
    actions: ["adopt", "remove", "forget"],
    explains: "Adopt gives it back to Priya Nair as a running desktop.",
    asked: null,
    ...over,
  };
}

export function fiveDifferences(): DriftItem[] {
  return [
    driftItem(),
    driftItem({
      engine: side({
        title: "berth-90d1f7aa",
        detail: "Code editor, exited 41 min ago. Label says owner: unknown",
        since: at(41 * MINUTE),
      }),
      since: at(41 * MINUTE),
      actions: ["remove", "forget"],
      explains: "Cannot be adopted: it has ended and has no owner.",
    }),
    driftItem({
      kind: "desktop_without_container",
      record: side({ title: "r-course, Running", detail: "Owner Sam Reyes, since 09:40, port 7019", owner: "sam" }),
      engine: null,
      since: at(12 * MINUTE),
      actions: ["forget", "remove"],
      explains: "Mark stopped lets Sam Reyes start it again; Remove deletes the desktop.",
    }),
    driftItem({
      kind: "port_lease_without_desktop",
      record: side({ title: "Port 7019 leased", detail: "To r-course since 09:40", port: 7019 }),
      engine: null,
      since: at(12 * MINUTE),
      actions: ["forget"],
      explains: "Release frees the port for the next start.",
    }),
    driftItem({
      kind: "port_in_use",
      record: side({ title: "Port 7114 free", detail: "Last used 6 days ago", port: 7114 }),
      engine: side({ title: "Port 7114 in use", detail: "By a program outside Berth", port: 7114 }),
      since: at(50 * MINUTE),
      actions: ["forget"],
      explains: "Starts skip it and take the next one. Forget tries it again.",
    }),
  ];
}

export function driftList(over: Partial<DriftList> = {}): DriftList {
  return {
    items: fiveDifferences(),
    matched: { desktops: 147, ports: 147 },
    compared_at: at(8 * SECOND),
    next_compare_at: at(-22 * SECOND),
    nodes: [{ id: "dock-01", engine_up: true, compared_at: at(8 * SECOND) }],
    ...over,
  };
}
