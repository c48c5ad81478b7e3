// How the installation is, in figures: each process writes its own down every few seconds, and any api tells all of them.
import { useQuery } from "@tanstack/react-query";
import { adminKeys } from "@/features/admin/keys";
import { call, type Operations } from "@/lib/api";

const EVERY_MS = 5_000;

export function useOperations() {
  return useQuery<Operations>({
    queryKey: adminKeys.operations,
    queryFn: ({ signal }) => call<Operations>("GET", "/admin/operations", { signal }),
    refetchInterval: EVERY_MS,
    staleTime: 1_000,
  });
}
