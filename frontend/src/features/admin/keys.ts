// The names under which administrators' answers are kept.
import type { JobFilter } from "@/lib/api";

export const adminKeys = {
  queue: ["admin", "queue"],
  workers: ["admin", "workers"],
  /** Every list of jobs, whatever its filter. */
  lists: ["admin", "jobs"],
  jobs: (filter: JobFilter) => ["admin", "jobs", filter],
  job: (id: string) => ["admin", "job", id],
  lastEnded: ["admin", "last-ended"],
  drift: ["admin", "drift"],
} as const;
