// Where records and engines do not agree, and what an administrator decides about it. Workers carry it out; the list
// says so with a later comparison.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { adminKeys } from "@/features/admin/keys";
import { call, isApiError, type DriftAction, type DriftItem, type DriftList } from "@/lib/api";

export function useDrift() {
  return useQuery<DriftList>({
    queryKey: adminKeys.drift,
    queryFn: ({ signal }) => call<DriftList>("GET", "/admin/drift", { signal }),
    // Sooner while something is being carried out: the comparison that confirms it is no event.
    refetchInterval: ({ state: { data } }) => (data?.items.some(({ asked }) => asked && !asked.error) ? 2_000 : 10_000),
    staleTime: 1_000,
  });
}

export function useCompare() {
  const client = useQueryClient();
  return useMutation<DriftList>({
    mutationFn: () => call<DriftList>("POST", "/admin/drift/compare"),
    onSuccess: (list) => client.setQueryData(adminKeys.drift, list),
  });
}

export interface Decision {
  id: string;
  action: DriftAction;
}

export function useDecide() {
  const client = useQueryClient();
  return useMutation<DriftItem, Error, Decision>({
    mutationFn: ({ id, action }) => call<DriftItem>("POST", `/admin/drift/${encodeURIComponent(id)}/${action}`),
    onSuccess: (item) =>
      client.setQueryData<DriftList>(adminKeys.drift, (list) => {
        const at = list?.items.findIndex(({ id }) => id === item.id) ?? -1;
        return list && at >= 0 ? { ...list, items: list.items.with(at, item) } : list;
      }),
    onError: (error) => {
      // Settled already, or never was: the list knows.
      if (isApiError(error) && error.status === 404) void client.invalidateQueries({ queryKey: adminKeys.drift });
    },
  });
}
