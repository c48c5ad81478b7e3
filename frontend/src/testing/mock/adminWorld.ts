// The pretended queue and drift that an administrator looks at: jobs that move on their own, workers that come and go,
// differences that are settled. Just enough that every state can be seen and every button does something.
import type {
  AdminQueue,
  DriftAction,
  DriftList,
  Job,
  JobAction,
  JobState,
  QueueCounts,
  Worker,
} from "../../lib/api/types";
import * as make from "../adminFactories.ts";
import { at } from "../factories.ts";

const ALLOWED: Record<JobState, JobAction[]> = {
  available: ["cancel"],
  scheduled: ["retry", "cancel"],
  running: ["cancel"],
  retryable: ["retry", "cancel"],
  completed: [],
  cancelled: ["retry"],
  discarded: ["retry"],
};

export type AdminScenario = "queue" | "still" | "quiet" | "paused" | "no-worker" | "engine-down" | "crowd";

export class AdminWorld {
  /** Newest first. */
  jobs: Job[];
  workers: Worker[];
  drift: DriftList;
  private base: AdminQueue;
  private beats = 0;

  constructor(readonly scenario: AdminScenario) {
    const quiet = scenario === "quiet";
    this.jobs = quiet ? [] : make.manyJobs().toReversed();
    this.workers = quiet ? [make.worker({ running: 0 })] : make.fourWorkers();
    this.drift = quiet ? make.driftList({ items: [], matched: { desktops: 148, ports: 148 } }) : make.driftList();
    this.base = quiet ? make.quietQueue() : make.adminQueue();
    if (scenario === "paused") this.base.paused = { by: "mara", at: at(6 * 60_000) };
    if (scenario === "no-worker") {
      this.workers = this.workers.map((worker) => ({
        ...worker,
        state: "silent",
        running: 0,
        last_seen_at: at(95_000),
      }));
      this.base = { ...this.base, workers: 0, slots: { busy: 0, total: 0 }, nodes: [] };
    }
    if (scenario === "engine-down") {
      const error = "no such file or directory: /var/run/docker.sock";
      this.base.nodes = this.base.nodes.map((node) => ({ ...node, engine_up: false, engine_error: error }));
      this.drift.nodes = this.drift.nodes.map((node) => ({ ...node, engine_up: false, compared_at: at(200_000) }));
      this.drift.compared_at = at(200_000);
      this.drift.next_compare_at = null;
    }
    if (scenario === "crowd")
      this.workers = Array.from({ length: 11 }, (_, index) =>
        make.worker({
          id: `dock-0${1 + (index % 3)}-${3300 + index}-01jd8z5t9qk4m2${"abcdefghjkm"[index]!.repeat(12)}`,
          node: `dock-0${1 + (index % 3)}`,
          state: index === 7 ? "silent" : index === 9 ? "draining" : "live",
          running: (index * 5) % 30,
          last_seen_at: at(index === 7 ? 90_000 : 1000),
        }),
      );
  }

  queue(): AdminQueue {
    const counts: QueueCounts = { ...make.NO_COUNTS };
    for (const job of this.jobs) counts[job.state] += 1;
    const { scenario } = this;
    const waiting = counts.available;
    const create = { waiting, running: counts.running };
    return {
      ...this.base,
      counts,
      by_kind: { ...this.base.by_kind, "desktop.create": create },
      oldest_wait_ms: waiting === 0 ? null : 41_000,
      drift: this.drift.items.length,
      history: make.minutes(scenario !== "quiet"),
    };
  }

  /** One second of life: something is claimed, something ends, something is asked for. Says which jobs changed. */
  beat(): boolean {
    const now = Date.now();
    this.workers = this.workers.map((worker) =>
      worker.state === "silent" ? worker : { ...worker, last_seen_at: at((now / 1000) % 2 > 1 ? 400 : 1200) },
    );
    if (this.scenario !== "queue" && this.scenario !== "crowd") return false;
    this.beats += 1;
    if (this.beats % 2 === 0) {
      const done = this.jobs.findLast((job) => job.state === "running" && job.kind === "desktop.create");
      if (done) this.change(done.id, { state: "completed", finished_at: at(0), step: "ready", lease_until: null });
      const next = this.jobs.findLast((job) => job.state === "available");
      if (next)
        this.change(next.id, {
          state: "running",
          attempt: 1,
          queue: null,
          step: "claimed",
          started_at: at(0),
          lease_until: at(-15_000),
          worker: this.workers[0]?.id ?? null,
        });
    }
    if (this.beats % 3 === 0) {
      const [user, user_display_name] = make.PEOPLE[this.beats % make.PEOPLE.length]!;
      this.jobs.unshift(
        make.jobThat("available", {
          user,
          user_display_name,
          desktop_name: `new-${this.beats}`,
          created_at: at(0),
          run_at: at(0),
        }),
      );
    }
    return true;
  }

  private change(id: string, over: Partial<Job>): Job | undefined {
    const index = this.jobs.findIndex((job) => job.id === id);
    const before = this.jobs[index];
    if (!before) return undefined;
    const state = over.state ?? before.state;
    const actions = before.kind === "desktop.create" || state !== "running" ? ALLOWED[state] : [];
    return (this.jobs[index] = { ...before, actions, ...over });
  }

  /** Undefined: not allowed now. */
  act(id: string, action: JobAction): Job | undefined {
    const job = this.jobs.find((one) => one.id === id);
    if (!job?.actions.includes(action)) return undefined;
    if (action === "cancel")
      return this.change(id, { state: "cancelled", finished_at: at(0), queue: null, ended_by: "mara", step: null });
    return this.change(id, { state: "available", run_at: at(0), finished_at: null, last_error: null, ended_by: null });
  }

  pause(on: boolean) {
    this.base.paused = on ? (this.base.paused ?? { by: "mara", at: at(0) }) : null;
  }

  compare() {
    this.drift.compared_at = at(0);
    this.drift.next_compare_at = at(-30_000);
    this.drift.nodes = this.drift.nodes.map((node) => ({ ...node, compared_at: at(0) }));
    // What was asked for has been carried out.
    this.drift.items = this.drift.items.filter((item) => !item.asked);
  }

  settle(id: string, action: DriftAction) {
    const item = this.drift.items.find((one) => one.id === id);
    if (!item) return undefined;
    item.asked = { action, by: "mara", at: at(0), error: null };
    setTimeout(() => this.compare(), 4_000);
    return item;
  }
}
