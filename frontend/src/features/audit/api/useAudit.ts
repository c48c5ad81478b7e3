// The log that a filter finds, newest first, fifty at a time. Entries never change, so nothing is asked for again: what
// came since is only counted, and shown by a press, so that rows do not move under the pointer.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { adminKeys } from "@/features/admin/keys";
import { fetchPage, useKeyset } from "@/features/admin/useKeyset";
import { BASE } from "@/lib/api";
import { withSearch } from "@/lib/router";
import type { AuditEntry, AuditFilter } from "./types";

const PATH = "/admin/audit";
const LOOK_MS = 15_000;

export function useAudit(filter: AuditFilter) {
  const client = useQueryClient();
  const list = useKeyset<AuditEntry>({
    key: adminKeys.audit(filter),
    path: PATH,
    filter: { ...filter },
    staleTime: Infinity,
  });
  const first = list.items?.[0]?.id ?? null;
  const head = useQuery({
    queryKey: adminKeys.auditHead(filter),
    queryFn: ({ signal }) => fetchPage<AuditEntry>(PATH, { ...filter }, undefined, signal),
    enabled: list.items !== undefined,
    refetchInterval: LOOK_MS,
    staleTime: LOOK_MS,
  });
  const at = head.data?.items.findIndex(({ id }) => id === first) ?? 0;
  const arrived =
    head.data && head.dataUpdatedAt > list.query.dataUpdatedAt ? (at < 0 ? head.data.items.length : at) : 0;

  /** The list from its beginning, as it is now. */
  function begin() {
    if (!head.data) return;
    client.setQueryData(adminKeys.audit(filter), { pages: [head.data], pageParams: [undefined] });
  }

  return { ...list, arrived, begin };
}

export type Audit = ReturnType<typeof useAudit>;

/** The whole of what the filter finds, oldest first, one JSON object a line. */
export function exportAddress(filter: AuditFilter): string {
  return withSearch(`${BASE}${PATH}/export`, { ...filter });
}
