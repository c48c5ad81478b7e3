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
  operations: ["admin", "operations"],
  /** Every list of people and every one of them. */
  people: ["admin", "people"],
  peopleList: (filter: object) => ["admin", "people", "list", filter],
  person: (id: string) => ["admin", "people", "one", id],
  personSessions: (id: string) => ["admin", "people", "one", id, "sessions"],
  personDesktops: (username: string) => ["admin", "people", "desktops", username],
  groups: ["admin", "groups"],
  audit: (filter: object) => ["admin", "audit", filter],
  auditHead: (filter: object) => ["admin", "audit-head", filter],
  templates: ["admin", "templates"],
  registries: ["admin", "registries"],
} as const;
