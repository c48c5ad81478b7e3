// Short words for administrators' tables: ages, moments, names of workers. Pure.
import { clock, exact } from "@/lib/time/words";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "17 s", "4 min", "3 h", "6 d". */
export function age(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.floor(ms / SECOND))} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
}

/** "just now", "17 s ago". */
export function ago(ms: number): string {
  return ms < 3 * SECOND ? "just now" : `${age(ms)} ago`;
}

/** The exact moment: with its day only when that is not today. */
export function moment(ms: number, now: number): string {
  const sameDay = new Date(ms).toDateString() === new Date(now).toDateString();
  return sameDay ? clock(ms) : exact(ms).replace(/ \d{4},/, ",");
}

/** A worker's id is its node, its process and 26 letters that make it unique; these are left out where people read. */
export function workerName(id: string): string {
  return id.replace(/-[0-9a-hjkmnp-tv-z]{26}$/i, "");
}
