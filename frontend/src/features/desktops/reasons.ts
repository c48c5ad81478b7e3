// What to say about a reason: why a desktop failed or stopped, and why a start waits. Complete maps over each code.
import type { QueueReason, QueueReasonCode, QueueInfo, ReasonCode } from "@/lib/api";
import { leftWords, shortClock } from "@/lib/time/words";
import { many } from "@/lib/figures";

/** After the reason's own text, for a failed desktop: what helps. */
export const ADVICE: Record<ReasonCode, string> = {
  by_user: "You can start it again.",
  by_admin: "You can start it again.",
  ended_inside: "You can start it again; its files are kept.",
  idle: "You can start it again.",
  lifetime: "You can start it again.",
  out_of_memory:
    "It needed more memory than it may use. Try again and keep fewer programs open, or start a larger template.",
  crashed: "Trying again often helps; its files are kept. If it happens again, tell your administrator.",
  engine_lost: "Its files are kept. Try again; if it does not come back, tell your administrator.",
  image_missing: "Trying again will not help until it is back. Tell your administrator, or start another template.",
  image_broken: "Trying again will not help until it is repaired. Tell your administrator, or start another template.",
  start_timeout: "The server may be busy. Try again in a few minutes.",
  no_answer: "Try again. If it happens again, tell your administrator.",
  gave_up: "Try again in a few minutes. If it happens again, tell your administrator.",
};

/** "Stopped yesterday at 18:40" + this. Null: the reason's own text is the better sentence. */
export const STOPPED_BECAUSE: Record<ReasonCode, string | null> = {
  by_user: null,
  by_admin: "by an administrator",
  ended_inside: null,
  idle: "because nobody used it for a while",
  lifetime: "at its longest time",
  out_of_memory: "because it ran out of memory",
  crashed: "because it broke down",
  engine_lost: "because its server was lost",
  image_missing: "because its image is missing on the server",
  image_broken: "because its image is broken",
  start_timeout: "because its start took too long",
  no_answer: "because it did not answer",
  gave_up: "because it could not be started",
};

export interface Sentence {
  /** In bold, first. */
  lead?: string;
  text: string;
}

const PLACE_KEPT = "Your place is kept.";

interface WaitingContext {
  now: number;
  /** How many starts of the reader's own are under way. */
  underWay: number;
}

type SayWaiting = (queue: QueueInfo, reason: QueueReason, context: WaitingContext) => Sentence;

export const WAITING: Record<QueueReasonCode, SayWaiting> = {
  no_start_slot: ({ slots, ahead }) => ({
    lead: "Waiting for a free start slot.",
    text: `The server starts ${many(slots.total, "desktop")} at a time; ${goBefore(ahead)}.`,
  }),
  fair_turn: (_queue, _reason, { underWay }) => ({
    lead: "Others go first for now.",
    text:
      underWay > 0
        ? `You have ${many(underWay, "start")} under way; users with none are served before.`
        : "Users with no start under way are served before.",
  }),
  engine_down: () => ({
    lead: "The server that runs desktops does not answer.",
    text: `${PLACE_KEPT} It goes on by itself.`,
  }),
  no_worker: () => ({
    lead: "Nothing is starting desktops right now.",
    text: `Your administrator sees this too. ${PLACE_KEPT}`,
  }),
  paused: (_queue, { since }) => ({
    lead: `Paused by an administrator${since ? ` at ${shortClock(Date.parse(since))}` : ""}.`,
    text: PLACE_KEPT,
  }),
  backoff: (_queue, { text, retry_at }, { now }) => ({
    lead: "The last try did not work.",
    text: `${sentence(text)}${retry_at ? ` Next try ${inWords(Date.parse(retry_at) - now)}.` : ""}`,
  }),
  no_free_port: () => ({
    lead: "The server has no room for another desktop right now.",
    text: "It goes on as soon as one stops.",
  }),
  image_pulling: (_queue, { text }) => ({
    lead: "The server is fetching the image of this desktop.",
    text: `${sentence(text)} ${PLACE_KEPT} It goes on by itself.`.trim(),
  }),
};

/** The same in a few words, for the compact table. */
export const WAITING_SHORT: Record<QueueReasonCode, string> = {
  no_start_slot: "no free start slot",
  fair_turn: "others go first for now",
  engine_down: "the server does not answer",
  no_worker: "nothing is starting desktops",
  paused: "paused by an administrator",
  backoff: "the last try did not work",
  no_free_port: "no room on the server",
  image_pulling: "the server is fetching its image",
};

function goBefore(ahead: number): string {
  if (ahead === 0) return "yours is next";
  return ahead === 1 ? "1 start goes before yours" : `${ahead} starts go before yours`;
}

function inWords(ms: number): string {
  return ms <= 0 ? "now" : `in ${leftWords(ms / 1000)}`;
}

/** The api's texts come with or without a full stop. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  if (!trimmed) return "";
  const capital = trimmed[0]?.toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

/** Under the triangle in the picture pane. */
export const FAILED_SHORT: Record<ReasonCode, string> = {
  by_user: "Ended",
  by_admin: "Ended",
  ended_inside: "Ended",
  idle: "Ended",
  lifetime: "Ended",
  out_of_memory: "Out of memory",
  crashed: "Broke down",
  engine_lost: "Lost its server",
  image_missing: "Could not start",
  image_broken: "Could not start",
  start_timeout: "Could not start",
  no_answer: "Could not start",
  gave_up: "Could not start",
};
