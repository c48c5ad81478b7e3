// A small pretended Berth: desktops that move through their states with time, for looking at the page without the
// api. Not a copy of the api's rules; just enough that every state can be seen and every button does something.
import type { Desktop, Limits, QueueReason, StepName, Template, User } from "../../lib/api/types";
import * as make from "../factories.ts";
import { AccountsWorld, type AccountsScenario } from "./accountsWorld.ts";
import { AdminWorld, type AdminScenario } from "./adminWorld.ts";

export type Send = (name: string, data: unknown, id?: string) => void;

export const SCENARIOS = [
  "five",
  "empty",
  "many",
  "full",
  "window",
  "states",
  "slow",
  "failing",
  "down",
  "held",
  "held-no-worker",
  "queue",
  "queue-still",
  "queue-quiet",
  "queue-paused",
  "queue-no-worker",
  "queue-engine-down",
  "queue-crowd",
  "queue-slow",
  "queue-failing",
  "people-many",
  "people-none",
  "operator",
  "providers",
] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** What an administrator finds; null: nobody of that kind is signed in. */
const ADMIN: Partial<Record<Scenario, AdminScenario>> = {
  queue: "queue",
  "queue-still": "still",
  "queue-quiet": "quiet",
  "queue-paused": "paused",
  "queue-no-worker": "no-worker",
  "queue-engine-down": "engine-down",
  "queue-crowd": "crowd",
  "queue-slow": "still",
  "queue-failing": "still",
  "people-many": "still",
  "people-none": "quiet",
  operator: "still",
};

/** What there is of people and templates. */
const ACCOUNTS: Partial<Record<Scenario, AccountsScenario>> = { "people-many": "many", "people-none": "none" };

const START_SLOTS = 4;

export class World {
  desktops: Desktop[];
  user: User = make.user();
  templates: Template[] = make.templates();
  signedIn = true;
  admin: AdminWorld;
  accounts: AccountsWorld;
  private nextEvent = 1;
  private readonly streams = new Set<Send>();

  constructor(readonly scenario: Scenario) {
    this.desktops = firstDesktops(scenario);
    this.admin = new AdminWorld(ADMIN[scenario] ?? "quiet");
    this.accounts = new AccountsWorld(ACCOUNTS[scenario] ?? "some");
    if (scenario in ADMIN)
      this.user = make.user({ username: "mara", display_name: "Mara Lindqvist", role: "admin", id: "01JDUSERMARA" });
    if (scenario === "operator")
      this.user = make.user({ username: "sam", display_name: "Sam Reyes", role: "operator" });
    if (scenario === "empty") this.user = make.user({ username: "amina", display_name: "Amina Diallo" });
  }

  subscribe(send: Send): () => void {
    this.streams.add(send);
    send("snapshot", { desktops: this.desktops }, String(this.nextEvent));
    return () => this.streams.delete(send);
  }

  /** The room of administrators: the figures each second, and a sign that something changed. */
  subscribeAdmin(send: Send): () => void {
    send("snapshot", { desktops: [] }, String(this.nextEvent));
    const timer = setInterval(() => {
      const moved = this.admin.beat();
      const { history, ...live } = this.admin.queue();
      void history;
      send("queue", live);
      if (!moved) return;
      this.nextEvent += 1;
      send("desktop", make.desktopThat("starting"), String(this.nextEvent));
    }, 1000);
    return () => clearInterval(timer);
  }

  tellQueue() {
    const items = this.desktops.filter((d) => d.queue).map((d) => ({ desktop_id: d.id, queue: d.queue }));
    for (const send of this.streams) send("queue", { items });
  }

  change(id: string, over: Partial<Desktop>): Desktop | undefined {
    const index = this.desktops.findIndex((desktop) => desktop.id === id);
    const before = this.desktops[index];
    if (!before) return undefined;
    const after = { ...before, ...over, version: before.version + 1 };
    this.desktops[index] = after;
    this.tell(after);
    return after;
  }

  drop(id: string) {
    this.desktops = this.desktops.filter((desktop) => desktop.id !== id);
    this.tell({ id, deleted: true });
  }

  private tell(data: unknown) {
    this.nextEvent += 1;
    for (const send of this.streams) send("desktop", data, String(this.nextEvent));
  }

  create(templateId: string, name: string | null | undefined): Desktop {
    const template = this.templates.find((one) => one.id === templateId);
    const desktop = make.desktop({
      name: name ?? template?.name ?? "Desktop",
      template: templateId,
      status: "queued",
      created_at: make.at(0),
      owner: this.user.username,
    });
    this.desktops = [desktop, ...this.desktops];
    return this.start(desktop.id) ?? desktop;
  }

  /** Four seconds in line, then its steps. */
  start(id: string): Desktop | undefined {
    const steps: Desktop["steps"] = [{ name: "asked", at: make.at(0) }];
    const slots = { busy: START_SLOTS, total: START_SLOTS };
    const reason = { code: "no_start_slot" as const, text: "All start slots are busy.", since: null };
    const started = this.change(id, {
      status: "queued",
      desired: "running",
      reason: null,
      steps,
      queue: { position: 2, eta_seconds: 4, ahead: 1, slots, reason },
      stopped_at: null,
      stopped_by: null,
      job_id: `01JDJOB${id.slice(-4)}`,
    });
    const reach = (name: StepName, status: Desktop["status"], afterMs: number, more: Partial<Desktop> = {}) =>
      setTimeout(() => {
        const now = this.desktops.find((desktop) => desktop.id === id);
        if (now?.desired !== "running") return;
        steps.push({ name, at: make.at(0) });
        this.change(id, { status, queue: null, step: name, steps: [...steps], ...more });
      }, afterMs);
    reach("claimed", "starting", 4000);
    reach("created", "starting", 4700);
    reach("booted", "starting", 6400);
    const connect = { kind: "vnc" as const, url: `/api/v1/desktops/${id}/vnc` };
    setTimeout(
      () => reach("ready", "running", 0, { connect, started_at: make.at(0), last_active_at: make.at(0) }),
      6900,
    );
    return started;
  }

  stop(id: string): Desktop | undefined {
    setTimeout(() => {
      const reason = { code: "by_user" as const, text: "Stopped." };
      const over = { reason, stopped_at: make.at(0), stopped_by: this.user.username, steps: [], queue: null };
      if (this.desktops.find((desktop) => desktop.id === id)?.status === "stopping")
        this.change(id, { status: "stopped", ...over });
    }, 1500);
    return this.change(id, { status: "stopping", desired: "stopped", queue: null, connect: null });
  }

  remove(id: string): Desktop | undefined {
    setTimeout(() => this.drop(id), 1800);
    return this.change(id, { status: "deleting", desired: "deleted", queue: null, connect: null });
  }

  limits(): Limits {
    const used = this.desktops.length;
    const queue = { ...make.limits().queue, held: heldBy(this.scenario) };
    if (this.scenario.startsWith("held")) return make.limits({ queue });
    if (this.scenario === "empty") return make.freeLimits({ desktops: { limit: 3, used } });
    if (this.scenario === "full") return make.limits({ desktops: { limit: used, used } });
    if (this.scenario === "window") {
      const starts = make.limits().starts.map((one, index) => (index === 0 ? { ...one, used: one.limit } : one));
      return make.limits({ starts });
    }
    return make.limits({ desktops: { limit: this.scenario === "many" ? 250 : 6, used } });
  }
}

function heldBy(scenario: Scenario): QueueReason | null {
  if (scenario === "held") return { code: "paused", text: "Paused by an administrator.", since: make.at(6 * 60_000) };
  if (scenario === "held-no-worker") return { code: "no_worker", text: "Nothing starts desktops.", since: null };
  return null;
}

function firstDesktops(scenario: Scenario): Desktop[] {
  switch (scenario) {
    case "empty":
      return [];
    case "many":
      return make.manyDesktops();
    case "states":
      return allStates();
    case "five":
    case "full":
    case "window":
    case "slow":
    case "failing":
    case "down":
    case "held":
    case "held-no-worker":
    case "queue":
    case "queue-still":
    case "queue-quiet":
    case "queue-paused":
    case "queue-no-worker":
    case "queue-engine-down":
    case "queue-crowd":
    case "queue-slow":
    case "queue-failing":
    case "people-many":
    case "people-none":
    case "operator":
    case "providers":
      return make.fiveDesktops();
  }
}

/** What the five of the first picture leave out. */
function allStates(): Desktop[] {
  const reason = (code: "backoff" | "paused" | "no_worker") => ({
    code,
    text: "the image could not be read",
    since: null,
    retry_at: make.at(-6000),
  });
  return [
    make.desktopThat("running", { name: "A very long name for a desktop that somebody gave it without thinking" }),
    make.desktopThat("starting", {
      name: "Second try",
      attempt: { n: 2, max: 8, last_error: "it did not answer in time" },
      steps: make.steps(9000, 1200),
    }),
    make.desktopThat("queued", {
      name: "Waits after a try",
      queue: make.queueInfo({ eta_seconds: null, reason: reason("backoff") }),
    }),
    make.desktopThat("queued", {
      name: "Paused",
      queue: make.queueInfo({ position: 12, ahead: 11, eta_seconds: 700, reason: reason("paused") }),
    }),
    make.desktopThat("queued", {
      name: "Waits for its image",
      queue: make.queueInfo({
        position: 1,
        ahead: 0,
        eta_seconds: null,
        reason: { code: "image_pulling", text: "412 MB of 915 MB are here", since: make.at(40_000) },
      }),
    }),
    make.desktopThat("running", { name: "Has an older image", newer_image: true }),
    make.desktopThat("stopping", { name: "Closing" }),
    make.desktopThat("deleting", { name: "Leaving" }),
    make.desktopThat("failed", { name: "Crashed", reason: { code: "out_of_memory", text: "It ran out of memory" } }),
    make.desktopThat("stopped", { name: "Needs the code editor", template: "code" }),
  ];
}
