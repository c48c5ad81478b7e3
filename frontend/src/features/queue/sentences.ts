// What a job waits for, did or came to, in one line for the table and one sentence for its drawer; and the figure in the
// table's time column. Pure: the time now is always handed in.
import type { Job, JobState, StepName } from "@/lib/api";
import { sentence, WAITING_SHORT } from "@/features/desktops/reasons";
import { age, moment, workerName } from "@/features/admin/words";
import { aboutWait, clock, lengthWords, ordinal } from "@/lib/time/words";

const ms = (time: string | null) => (time === null ? null : Date.parse(time));

/** What a start does after each step. */
const DOING: Record<StepName, string> = {
  asked: "Beginning",
  claimed: "Create: making its container",
  created: "Create: switching it on",
  booted: "Boot: waiting for the first answer",
  ready: "Ready",
};

/** "3rd in line, about 25 s: no free start slot". */
function place({ queue }: Job): string {
  if (!queue) return "Ready to run";
  const where = queue.position === null ? "In line" : `${ordinal(queue.position)} in line`;
  const wait = aboutWait(queue.eta_seconds) ?? "no estimate";
  return `${where}, ${wait}${queue.reason ? `: ${WAITING_SHORT[queue.reason.code]}` : ""}`;
}

function whyAgain({ last_error, queue }: Job): string {
  if (last_error) return last_error;
  return queue?.reason ? capital(WAITING_SHORT[queue.reason.code]) : "The last try did not work";
}

const LINE: Record<JobState, (job: Job, now: number) => string> = {
  available: (job) => place(job),
  scheduled: (job) =>
    job.last_error || job.queue?.reason ? whyAgain(job) : `Runs at ${clock(Date.parse(job.run_at))}`,
  running: ({ kind, step, progress, attempt, last_error }) => {
    const doing = kind === "desktop.create" && step ? DOING[step] : (progress ?? "");
    const before = attempt > 1 && last_error ? `before: ${last_error}` : "";
    return [doing, before].filter(Boolean).join("; ");
  },
  retryable: (job) => whyAgain(job),
  completed: () => "",
  cancelled: ({ ended_by }) => (ended_by ? `By ${ended_by}` : "Something else was asked for"),
  discarded: ({ last_error }) => last_error ?? "Given up",
};

/** The table's widest column. */
export function line(job: Job, now: number): string {
  return LINE[job.state](job, now);
}

/** The figure of the time column: how long it waits, until it goes on, how long it works or worked. */
const TIME: Record<JobState, (job: Job, now: number) => string> = {
  available: ({ created_at }, now) => age(now - Date.parse(created_at)),
  scheduled: ({ run_at }, now) => until(Date.parse(run_at) - now),
  running: ({ started_at }, now) => worked(ms(started_at), now),
  retryable: ({ run_at }, now) => until(Date.parse(run_at) - now),
  completed: ({ started_at, finished_at }, now) => worked(ms(started_at), ms(finished_at) ?? now),
  cancelled: ({ started_at, finished_at }, now) => worked(ms(started_at), ms(finished_at) ?? now),
  discarded: ({ started_at, finished_at }, now) => worked(ms(started_at), ms(finished_at) ?? now),
};

export function timeFigure(job: Job, now: number): string {
  return TIME[job.state](job, now);
}

/** Whether the figure moves with the clock. */
export const TICKS: Record<JobState, boolean> = {
  available: true,
  scheduled: true,
  running: true,
  retryable: true,
  completed: false,
  cancelled: false,
  discarded: false,
};

function until(left: number): string {
  return left <= 0 ? "now" : `in ${age(left + 999)}`;
}

function worked(from: number | null, to: number): string {
  return from === null ? "–" : lengthWords(to - from);
}

const SAY: Record<JobState, (job: Job, now: number) => string> = {
  available: (job) => (job.queue ? `${sentence(place(job))}` : "Ready to run as soon as a worker is free."),
  scheduled: (job, now) => {
    const why = job.last_error || job.queue?.reason ? ` ${sentence(whyAgain(job))}` : "";
    return `Runs at ${moment(Date.parse(job.run_at), now)}.${why}`;
  },
  running: ({ worker, lease_until }) => {
    if (!worker) return "At work.";
    return `${workerName(worker)} has it${lease_until ? ` until ${clock(Date.parse(lease_until))}` : ""}.`;
  },
  retryable: (job, now) =>
    `Attempt ${job.attempt} of ${job.max_attempts} failed: ${sentence(whyAgain(job))} Next ${until(Date.parse(job.run_at) - now)}.`,
  completed: (job, now) => `Done in ${TIME.completed(job, now)}.`,
  cancelled: ({ ended_by, finished_at }, now) => {
    const when = finished_at ? ` at ${moment(Date.parse(finished_at), now)}` : "";
    return ended_by ? `Cancelled by ${ended_by}${when}.` : `Cancelled${when}: something else was asked for.`;
  },
  discarded: ({ last_error }) =>
    `Given up: ${sentence(last_error ?? "it did not work")} Retrying makes sense once that is put right.`,
};

export function say(job: Job, now: number): string {
  return SAY[job.state](job, now);
}

/** Under the button of a start that would be cancelled. */
export function cancelMeans({ kind, user_display_name, user }: Job): string | null {
  if (kind !== "desktop.create") return null;
  const name = user_display_name.trim() || user;
  return `${name.split(" ")[0]}${name.endsWith("s") && !name.includes(" ") ? "’" : "’s"} desktop will be stopped.`;
}

export function shownUser({ user_display_name, user }: Pick<Job, "user" | "user_display_name">): string {
  return user_display_name.trim() || user;
}

/** What it is about: a desktop, or the image that it pulls. */
export function shownThing({ image, ...job }: Pick<Job, "image" | "desktop_name" | "desktop_id">): string {
  return image ?? shownDesktop(job);
}

export function shownDesktop({ desktop_name, desktop_id }: Pick<Job, "desktop_name" | "desktop_id">): string {
  return desktop_name ?? desktop_id.slice(-8).toLowerCase();
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
