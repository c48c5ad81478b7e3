// Limits as they are typed: empty is "as the next one has it". Pure.
import type { LimitName, OwnLimits } from "./api/types";

export type LimitDraft = Record<LimitName, string>;

export const LIMIT_NAMES: LimitName[] = ["max_desktops", "start_limits", "max_streams"];

export function toDraft(limits: OwnLimits | null): LimitDraft {
  return {
    max_desktops: limits?.max_desktops?.toString() ?? "",
    start_limits: limits?.start_limits ?? "",
    max_streams: limits?.max_streams?.toString() ?? "",
  };
}

/** Null when every field is empty. */
export function fromDraft(draft: LimitDraft): OwnLimits | null {
  const limits: OwnLimits = {
    max_desktops: number(draft.max_desktops),
    start_limits: draft.start_limits.replaceAll(" ", "") || null,
    max_streams: number(draft.max_streams),
  };
  return LIMIT_NAMES.every((name) => limits[name] === null) ? null : limits;
}

/** What is wrong with a field before it is sent. */
export function faultOf(name: LimitName, text: string): string | null {
  if (name === "start_limits" || text.trim() === "") return null;
  return /^\d{1,6}$/.test(text.trim()) ? null : "Write a number, or leave it empty.";
}

export function sameDraft(a: LimitDraft, b: LimitDraft): boolean {
  return LIMIT_NAMES.every((name) => a[name].trim() === b[name].trim());
}

function number(text: string): number | null {
  return text.trim() === "" ? null : Number(text.trim());
}
