// What narrows the audit log, as it stands in the address, and which entry is in the drawer. Pure.
import { paths, withSearch } from "@/lib/router";
import type { AuditFilter } from "./api/types";

const FIELDS = ["q", "actor", "action", "target", "result", "since", "until"] as const satisfies (keyof AuditFilter)[];

export interface Place {
  filter: AuditFilter;
  entry: string | null;
}

export function readPlace(search: string): Place {
  const query = new URLSearchParams(search);
  const filter: AuditFilter = {};
  for (const field of FIELDS) {
    const value = query.get(field)?.trim();
    if (value) filter[field] = value;
  }
  return { filter, entry: query.get("entry") };
}

export function address({ filter, entry }: Place): string {
  return withSearch(paths.audit, { ...filter, entry: entry ?? undefined });
}

export function isNarrowed(filter: AuditFilter): boolean {
  return FIELDS.some((field) => filter[field]);
}

export const SINCE = [
  { value: "1h", word: "Last hour" },
  { value: "24h", word: "Last 24 h" },
  { value: "7d", word: "Last 7 days" },
  { value: "30d", word: "Last 30 days" },
];
