// The groups: few, so all of them at once.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { adminKeys } from "@/features/admin/keys";
import { call } from "@/lib/api";
import { all } from "@/features/admin/all";
import type { Group, GroupBody } from "./types";

const path = (id: string) => `/admin/groups/${encodeURIComponent(id)}`;

export function useGroups() {
  return useQuery<Group[]>({
    queryKey: adminKeys.groups,
    queryFn: ({ signal }) => all<Group>("/admin/groups", signal),
    staleTime: 5_000,
  });
}

/** Null: a new one. */
export function useSaveGroup(id: string | null) {
  const client = useQueryClient();
  return useMutation<Group, Error, GroupBody>({
    mutationFn: (body) =>
      id === null ? call<Group>("POST", "/admin/groups", { body }) : call<Group>("PATCH", path(id), { body }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: adminKeys.groups });
      // Their limits follow the group's.
      void client.invalidateQueries({ queryKey: adminKeys.people });
    },
  });
}

export function useDeleteGroup() {
  const client = useQueryClient();
  return useMutation<void, Error, string>({
    mutationFn: (id) => call<void>("DELETE", path(id)),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: adminKeys.groups });
      void client.invalidateQueries({ queryKey: adminKeys.people });
    },
  });
}
