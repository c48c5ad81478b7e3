// What a token may do and when it ends, in words. Pure.
import type { Scope, Token } from "./api/types";

export const SCOPE: Record<Scope, { word: string; means: string }> = {
  read: { word: "Read only", means: "See everything that you may see." },
  desktops: { word: "Read, and change desktops", means: "Also start, stop, rename and delete your desktops." },
  admin: { word: "Everything your role may", means: "Also what you may do as an operator or administrator." },
};

/** Each takes in those before it. */
export const SCOPES: Scope[] = ["read", "desktops", "admin"];

/** A choice as the api takes it: with what it takes in. */
export function upTo(scope: Scope): Scope[] {
  return SCOPES.slice(0, SCOPES.indexOf(scope) + 1);
}

/** The widest says it all. */
export function scopeWords({ scopes }: Pick<Token, "scopes">): string {
  const widest = SCOPES.findLast((scope) => scopes.includes(scope));
  return widest ? SCOPE[widest].word : "Nothing";
}

const DAY_MS = 24 * 60 * 60_000;
const SOON_DAYS = 7;

export function ends({ expires_at }: Pick<Token, "expires_at">, now: number): { words: string; soon: boolean } {
  if (expires_at === null) return { words: "never ends", soon: false };
  const left = Date.parse(expires_at) - now;
  if (left <= 0) return { words: "has ended", soon: true };
  const days = Math.ceil(left / DAY_MS);
  return { words: days === 1 ? "ends within a day" : `ends in ${days} days`, soon: days <= SOON_DAYS };
}

export const EXPIRES: { days: number | null; word: string }[] = [
  { days: 7, word: "In 7 days" },
  { days: 30, word: "In 30 days" },
  { days: 90, word: "In 90 days" },
  { days: 365, word: "In a year" },
  { days: null, word: "Never" },
];
