// How each state of a job, each outcome of an attempt and each kind is named, coloured and drawn. Complete maps: a new
// one on the server does not compile here until it has its word.
import type { IconName } from "@/components/ui/Icon";
import type { Tone } from "@/components/ui/StatusPill";
import type { AttemptOutcome, JobAction, JobKind, JobState, WorkerState } from "@/lib/api";

interface Look {
  word: string;
  tone: Tone;
  icon: IconName;
  spin?: boolean;
}

export const JOB_STATE: Record<JobState, Look & { none: string }> = {
  available: { word: "Available", tone: "wait", icon: "clock", none: "The queue is empty." },
  scheduled: { word: "Scheduled", tone: "idle", icon: "clock", none: "Nothing is planned for later." },
  running: { word: "Running", tone: "work", icon: "ring", spin: true, none: "No job is at work right now." },
  retryable: { word: "Retryable", tone: "warn", icon: "retry", none: "No job waits for another try." },
  completed: { word: "Completed", tone: "ok", icon: "check", none: "No job has been done lately." },
  cancelled: { word: "Cancelled", tone: "idle", icon: "x", none: "No job was cancelled lately." },
  discarded: { word: "Discarded", tone: "bad", icon: "warn", none: "No job was given up lately." },
};

/** The order of the tabs: the way of a job. */
export const STATES = Object.keys(JOB_STATE) as JobState[];

/** Over for good, unless somebody asks again. */
export const IS_OVER: Record<JobState, boolean> = {
  available: false,
  scheduled: false,
  running: false,
  retryable: false,
  completed: true,
  cancelled: true,
  discarded: true,
};

export const OUTCOME: Record<AttemptOutcome, Look> = {
  done: { word: "Done", tone: "ok", icon: "check" },
  failed: { word: "Failed", tone: "bad", icon: "warn" },
  lost: { word: "Lost", tone: "idle", icon: "x" },
  snoozed: { word: "Put off", tone: "idle", icon: "clock" },
  cancelled: { word: "Cancelled", tone: "idle", icon: "x" },
};

/** What an outcome means, where the word alone does not say it. */
export const OUTCOME_MEANS: Record<AttemptOutcome, string> = {
  done: "",
  failed: "",
  lost: "Its worker fell silent and its lease ended. Not counted as the job’s fault.",
  snoozed: "It could not be tried just then. Not counted as the job’s fault.",
  cancelled: "Something else was wanted in the meantime.",
};

export const KIND: Record<JobKind, { word: string; cancel: string }> = {
  "desktop.create": { word: "Start", cancel: "Cancel start" },
  "desktop.stop": { word: "Stop", cancel: "Cancel stop" },
  "desktop.cleanup": { word: "Clean up", cancel: "Cancel clean-up" },
  "image.pull": { word: "Pull an image", cancel: "Cancel pull" },
};

export const KINDS = Object.keys(KIND) as JobKind[];

/** What "retry" does to a job in this state, as its button says it. */
const RETRY_WORD: Record<JobState, string> = {
  available: "Run now",
  scheduled: "Run now",
  running: "Retry",
  retryable: "Retry now",
  completed: "Retry",
  cancelled: "Retry",
  discarded: "Retry",
};

export function actionWord(action: JobAction, { state, kind }: { state: JobState; kind: JobKind }): string {
  return action === "retry" ? RETRY_WORD[state] : KIND[kind].cancel;
}

export const WORKER_STATE: Record<WorkerState, { dot: "ok" | "bad" | "warn" }> = {
  live: { dot: "ok" },
  silent: { dot: "bad" },
  draining: { dot: "warn" },
};
