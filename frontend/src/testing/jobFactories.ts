// Jobs as the api would answer them: one factory a state, one job in detail, and the thousand of the interface guide's
// own picture. Used by the unit tests and by the mock server.
import type { Job, JobAttempt, JobDetail, JobKind, JobState } from "../lib/api/types";
import { at, desktopThat, queueInfo } from "./factories.ts";
import { fourWorkers } from "./queueFactories.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

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
    image: null,
    progress: null,
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
