// People and their limits in words. Pure.
import type { IconName } from "@/components/ui/Icon";
import type { Tone } from "@/components/ui/StatusPill";
import { WINDOW_WORDS } from "@/features/desktops/allowance";
import { age } from "@/features/admin/words";
import type { AdminUser, LimitName, LimitSource, OwnLimits, Role, StartWindow } from "@/lib/api";
import { day } from "@/lib/time/words";
import { figure, many } from "@/lib/figures";

export const ROLE: Record<Role, { word: string; means: string }> = {
  user: { word: "User", means: "Has desktops of their own." },
  operator: { word: "Operator", means: "Also looks after the queue and drift." },
  admin: { word: "Administrator", means: "Also looks after people, limits and templates." },
};

export const ROLES = Object.keys(ROLE) as Role[];

export function personName({ display_name, username }: Pick<AdminUser, "display_name" | "username">): string {
  return display_name.trim() || username;
}

/** "Mara’s", "Ines’". */
export function whose(person: Pick<AdminUser, "display_name" | "username">): string {
  const name = personName(person).split(" ")[0] ?? "";
  return name.endsWith("s") ? `${name}’` : `${name}’s`;
}

interface Mark {
  word: string;
  tone: Tone;
  icon: IconName;
  spin?: boolean;
}

/** What is unusual about a person; nothing for most. */
export function mark({ deleting, disabled, invited }: AdminUser): Mark | null {
  if (deleting) return { word: "Being deleted", tone: "idle", icon: "ring", spin: true };
  if (disabled) return { word: "Switched off", tone: "idle", icon: "x" };
  if (invited) return { word: "Invited", tone: "wait", icon: "clock" };
  return null;
}

export const SOURCE: Record<LimitSource, string> = { own: "Own", group: "Group", default: "Default" };

/** Where most of their limits come from: their own count most. */
export function limitsFrom({ limits_from }: Pick<AdminUser, "limits_from">): LimitSource {
  const sources = Object.values(limits_from);
  return sources.find((source) => source === "own") ?? sources.find((source) => source === "group") ?? "default";
}

const HERE_MS = 2 * 60_000;
const DAY_MS = 24 * 60 * 60_000;

export function isHere({ last_seen_at }: Pick<AdminUser, "last_seen_at">, now: number): boolean {
  return last_seen_at !== null && now - Date.parse(last_seen_at) < HERE_MS;
}

/** "now", "12 min ago", "yesterday", "41 days ago". */
export function lastSeen(person: Pick<AdminUser, "last_seen_at">, now: number): string {
  if (person.last_seen_at === null) return "never";
  if (isHere(person, now)) return "now";
  const at = Date.parse(person.last_seen_at);
  if (day(at, now).startsWith("yesterday")) return "yesterday";
  const past = now - at;
  return past < 2 * DAY_MS ? `${age(past)} ago` : `${Math.floor(past / DAY_MS)} days ago`;
}

/** Counted only where a limit is: nothing says how many there were of a shorter window. */
export function startsToday({ starts }: Pick<AdminUser, "starts">): string {
  const window = starts.find((one) => one.window === "day");
  return window ? figure(window.used) : "–";
}

/** "5 a minute, 50 an hour". */
export function startWords(starts: Pick<StartWindow, "window" | "limit">[]): string {
  if (starts.length === 0) return "any number";
  return starts.map(({ window, limit }) => `${figure(limit)} ${WINDOW_WORDS[window].each}`).join(", ");
}

/** A group's limits in one line; null in all: those of the installation. */
export function limitWords(limits: OwnLimits | null): string {
  const parts = [
    limits?.max_desktops != null && many(limits.max_desktops, "desktop"),
    limits?.start_limits && `starts ${ratesInWords(limits.start_limits)}`,
    limits?.max_streams != null && `${figure(limits.max_streams)} open at once`,
  ].filter(Boolean);
  return parts.length > 0 ? parts.join("; ") : "Default";
}

/** "5/minute,50/hour" as "5 a minute, 50 an hour". */
function ratesInWords(rates: string): string {
  return rates.replaceAll("/hour", " an hour").replaceAll("/", " a ").replaceAll(",", ", ");
}

export const LIMIT_LABEL: Record<LimitName, { label: string; hint: string }> = {
  max_desktops: { label: "Desktops", hint: "Stopped ones count too." },
  start_limits: { label: "Starts", hint: "Written as 5/minute,50/hour,200/day." },
  max_streams: { label: "Open at once", hint: "Windows with a desktop." },
};
