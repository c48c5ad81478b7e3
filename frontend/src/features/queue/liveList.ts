// How a list of jobs that somebody looks at meets a newer answer. Rows never move under the pointer: while the table is
// in use, known rows change where they stand, those that left the filter stay (marked), and new ones are only counted.
// At rest the answer is simply what is shown. Pure.
import type { Job, JobPage } from "@/lib/api";

export interface Merged {
  items: Job[];
  /** Rows that the filter no longer finds, kept where they were. */
  left: string[];
  /** How many the answer has that are not shown. */
  arrived: number;
}

/** `answer` is the same page, asked for again; it may be longer than the page was. Both are newest first. */
export function merge(known: Job[], answer: JobPage, inUse: boolean): Merged {
  const fresh = new Map(answer.items.map((job) => [job.id, job]));
  // Below the last one the answer says nothing, unless it is the end of the list.
  const last = answer.next_cursor === null ? "" : (answer.items.at(-1)?.id ?? "");
  const spokenOf = (id: string) => id >= last;
  const knownIds = new Set(known.map((job) => job.id));
  const bottom = known.at(-1)?.id ?? "";
  const arrivals = answer.items.filter((job) => !knownIds.has(job.id) && (known.length === 0 || job.id > bottom));

  if (inUse) {
    const items = known.map((job) => fresh.get(job.id) ?? job);
    const left = known.filter((job) => spokenOf(job.id) && !fresh.has(job.id)).map((job) => job.id);
    return { items: same(known, items) ? known : items, left, arrived: arrivals.length };
  }
  const staying = known.filter((job) => fresh.has(job.id) || !spokenOf(job.id)).map((job) => fresh.get(job.id) ?? job);
  const items = [...staying, ...arrivals].sort((a, b) => (a.id < b.id ? 1 : -1));
  return { items: same(known, items) ? known : items, left: [], arrived: 0 };
}

/** Puts one job's news into a page; the same page when it has no such job. */
export function replace(page: JobPage, job: Job): JobPage {
  const at = page.items.findIndex((one) => one.id === job.id);
  return at < 0 ? page : { ...page, items: page.items.with(at, job) };
}

function same(a: Job[], b: Job[]): boolean {
  return a.length === b.length && a.every((job, index) => job === b[index] || equal(job, b[index]));
}

function equal(a: Job, b: Job | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
