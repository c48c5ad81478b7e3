// Times and waits in words, as the interface guide writes them. Pure: the time now is always handed in.
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const shortClockFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dateFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const yearFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

/** "a few seconds", "25 s", "4 min", "more than 10 min"; null without an estimate. */
export function waitWords(seconds: number | null): string | null {
  if (seconds === null) return null;
  if (seconds < 10) return "a few seconds";
  if (seconds <= 60) return `${Math.ceil(seconds / 5) * 5} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes <= 10 ? `${minutes} min` : "more than 10 min";
}

/** The same with the word that fits before it: "about 25 s", "a few seconds". */
export function aboutWait(seconds: number | null): string | null {
  const words = waitWords(seconds);
  return words && /^\d/.test(words) ? `about ${words}` : words;
}

export function ordinal(n: number): string {
  return `${n}${ordinalEnding(n)}`;
}

export function ordinalEnding(n: number): string {
  const tens = n % 100;
  if (tens >= 11 && tens <= 13) return "th";
  return { 1: "st", 2: "nd", 3: "rd" }[n % 10] ?? "th";
}

/** A measured length: "0.6 s", "12 s", "1 min 5 s". */
export function lengthWords(ms: number): string {
  const safe = Math.max(0, ms);
  if (safe < 9_950) return `${(safe / SECOND).toFixed(1)} s`;
  const seconds = Math.round(safe / SECOND);
  if (seconds < 60) return `${seconds} s`;
  const rest = seconds % 60;
  return rest === 0 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 60)} min ${rest} s`;
}

/** A typical length, without a needless ".0": "3 s", "1.5 s". */
export function roundLength(ms: number): string {
  return lengthWords(ms).replace(/\.0 s$/, " s");
}

/** What is left, for buttons: "0:38", "12:05", "1:02:05". */
export function countdown(seconds: number): string {
  const left = Math.max(0, Math.ceil(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  if (left < 3600) return `${Math.floor(left / 60)}:${two(left % 60)}`;
  return `${Math.floor(left / 3600)}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
}

/** What is left, in a sentence and never broken over two lines: "38 s", "12 min", "3 h". */
export function leftWords(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.ceil(seconds))}\u00a0s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)}\u00a0min`;
  return `${Math.round(seconds / 3600)}\u00a0h`;
}

export function clock(ms: number): string {
  return clockFormat.format(ms);
}

export function shortClock(ms: number): string {
  return shortClockFormat.format(ms);
}

/** "just now", "26 minutes ago", "3 hours ago"; from a day on, the day. */
export function ago(ms: number, now: number): string {
  const past = now - ms;
  if (past < MINUTE) return "just now";
  if (past < HOUR) return count(Math.floor(past / MINUTE), "minute");
  if (past < DAY) return count(Math.floor(past / HOUR), "hour");
  return day(ms, now);
}

function count(n: number, unit: string): string {
  return `${n} ${unit}${n === 1 ? "" : "s"} ago`;
}

/** "today at 11:31", "yesterday at 18:40", "on 3 Mar at 18:40". */
export function day(ms: number, now: number): string {
  const days = dayNumber(now) - dayNumber(ms);
  if (days <= 0) return `today at ${shortClock(ms)}`;
  if (days === 1) return `yesterday at ${shortClock(ms)}`;
  if (new Date(ms).getFullYear() === new Date(now).getFullYear())
    return `on ${dateFormat.format(ms)} at ${shortClock(ms)}`;
  return `on ${yearFormat.format(ms)}`;
}

function dayNumber(ms: number): number {
  const date = new Date(ms);
  return Math.round(new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime() / DAY);
}

/** The exact moment, for titles and lists sorted by time. */
export function exact(ms: number): string {
  return `${yearFormat.format(ms)}, ${clock(ms)}`;
}

/** The viewer's time zone, said once on a page that lists exact times. */
export function zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
