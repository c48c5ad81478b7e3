// The filters of the jobs, as they stand in the address. Pure.
import type { JobFilter, JobState } from "@/lib/api";
import { paths, withSearch } from "@/lib/router";
import { STATES } from "./states";

const FIELDS = ["state", "kind", "user", "desktop", "worker", "q", "since"] as const satisfies (keyof JobFilter)[];

export interface Place {
  filter: JobFilter;
  /** The job in the drawer. */
  job: string | null;
}

export function readPlace(search: string): Place {
  const query = new URLSearchParams(search);
  const filter: JobFilter = {};
  for (const field of FIELDS) {
    const value = query.get(field)?.trim();
    if (value) filter[field] = value;
  }
  return { filter, job: query.get("job") };
}

export function address({ filter, job }: Place): string {
  return withSearch(paths.queue, { ...filter, job: job ?? undefined });
}

/** The query of a list. */
export function queryOf(filter: JobFilter, more: Record<string, string | undefined>): string {
  return withSearch("", { ...filter, ...more });
}

/** The one state of the tab; null is all of them, or a list that somebody wrote into the address. */
export function tabOf({ state }: JobFilter): JobState | null {
  return STATES.find((one) => one === state) ?? null;
}

/** Whether anything but the tab narrows the list. */
export function isNarrowed(filter: JobFilter): boolean {
  return FIELDS.some((field) => field !== "state" && filter[field]);
}

export const SINCE: { value: string; word: string }[] = [
  { value: "1h", word: "Last hour" },
  { value: "24h", word: "Last 24 h" },
  { value: "7d", word: "Last 7 days" },
];
