// The one sentence that says how a desktop is, for its row and, shorter, for the compact table. Pure.
import type { Desktop, DesktopStatus } from "@/lib/api";
import { aboutWait, ago, day, lengthWords, ordinal, roundLength } from "@/lib/time/words";
import { ADVICE, sentence, STOPPED_BECAUSE, WAITING, WAITING_SHORT, type Sentence } from "./reasons";

export interface Context {
  now: number;
  /** The name of whoever reads. */
  me: string;
  typicalStartMs: number | null;
  /** How many starts of the reader's own are under way. */
  underWay: number;
}

/** Files in the home folder outlive the change; programs that are open do not. */
const NEWER_IMAGE = "A newer image is available: stop it and start it again to get it.";

type Say = (desktop: Desktop, context: Context) => Sentence;

export const SAY: Record<DesktopStatus, Say> = {
  queued: ({ queue, attempt }, context) => {
    if (queue?.reason) return WAITING[queue.reason.code](queue, queue.reason, context);
    if (attempt.n > 1) return { text: tryingAgain(attempt) };
    return { text: queue?.position ? `${ordinal(queue.position)} in line.` : "In line." };
  },
  starting: ({ steps, attempt }) => {
    if (attempt.n > 1) return { text: tryingAgain(attempt) };
    const created = steps.some((step) => step.name === "created");
    return { text: created ? "It is switched on. Waiting for its first answer." : "Being set up." };
  },
  running: ({ last_active_at, started_at, newer_image }, { now }) => {
    const used = last_active_at ?? started_at;
    const text = used ? `Last used ${ago(Date.parse(used), now)}.` : "Ready to use.";
    return { text: newer_image ? `${text} ${NEWER_IMAGE}` : text };
  },
  stopping: () => ({ text: "Closing its programs." }),
  stopped: stoppedSentence,
  failed: ({ reason }) => ({
    lead: reason ? sentence(reason.text) : "It could not be started.",
    text: reason ? ADVICE[reason.code] : "Try again. If it happens again, tell your administrator.",
  }),
  deleting: () => ({ text: "Being removed." }),
};

function tryingAgain({ n, max, last_error }: Desktop["attempt"]): string {
  const why = last_error ? ` (${last_error.trim().replace(/\.$/, "")})` : "";
  return `The ${n === 2 ? "first try" : "last try"} did not work${why}. Trying again, ${n} of ${max}.`;
}

function stoppedSentence({ reason, stopped_at, stopped_by }: Desktop, { now, me }: Context): Sentence {
  const when = stopped_at ? ` ${day(Date.parse(stopped_at), now)}` : "";
  if (!reason) return { text: `Stopped${when}${stopped_by ? ` ${by(stopped_by, me)}` : ""}.` };
  if (reason.code === "by_user") return { text: `Stopped${when} ${by(stopped_by ?? me, me)}.` };
  if (reason.code === "ended_inside") return { text: `It ended by itself${when}.` };
  const because = STOPPED_BECAUSE[reason.code];
  return { text: because ? `Stopped${when} ${because}.` : `Stopped${when}. ${sentence(reason.text)}` };
}

function by(who: string, me: string): string {
  return who === me ? "by you" : `by ${who}`;
}

/** One line for the compact table. */
export const SAY_SHORT: Record<DesktopStatus, (desktop: Desktop, context: Context) => string> = {
  queued: ({ queue }) => {
    if (!queue) return "In line";
    const place = queue.position ? `${ordinal(queue.position)} in line` : "In line";
    const wait = aboutWait(queue.eta_seconds);
    const why = queue.reason ? `: ${WAITING_SHORT[queue.reason.code]}` : "";
    return `${place}${wait ? `, ${wait}` : ""}${why}`;
  },
  starting: ({ steps, attempt }, { now, typicalStartMs }) => {
    if (attempt.n > 1) return tryingAgain(attempt);
    const created = steps.some((step) => step.name === "created");
    const claimed = steps.find((step) => step.name === "claimed");
    const soFar = claimed ? `, ${lengthWords(now - Date.parse(claimed.at))}` : "";
    const usually = typicalStartMs && soFar ? ` of usually ${roundLength(typicalStartMs)}` : "";
    return `${created ? "Boot" : "Create"}${soFar}${usually}`;
  },
  running: ({ last_active_at, started_at, newer_image }, { now }) => {
    const used = last_active_at ?? started_at;
    const text = used ? `Used ${ago(Date.parse(used), now)}` : "Ready to use";
    return newer_image ? `${text}; newer image available` : text;
  },
  stopping: () => "Closing its programs",
  stopped: (desktop, context) => stoppedSentence(desktop, context).text.replace(/\.$/, ""),
  failed: ({ reason }) => (reason ? sentence(reason.text).replace(/\.$/, "") : "It could not be started"),
  deleting: () => "Being removed",
};

/** What a change of status is called out loud. */
export function spoken(desktop: Desktop): string {
  const { queue, name } = desktop;
  switch (desktop.status) {
    case "queued":
      return queue?.position
        ? `${name} is ${ordinal(queue.position)} in line, ${aboutWait(queue.eta_seconds) ?? "no estimate"}.`
        : `${name} is in line.`;
    case "running":
      return `${name} is ready.`;
    case "failed":
      return `${name} failed. ${desktop.reason ? sentence(desktop.reason.text) : ""}`;
    case "starting":
      return `${name} is starting.`;
    case "stopping":
      return `${name} is stopping.`;
    case "stopped":
      return `${name} is stopped.`;
    case "deleting":
      return `${name} is being removed.`;
  }
}
