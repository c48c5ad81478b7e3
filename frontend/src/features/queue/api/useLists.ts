// The workers, and when the last job ended.
import { useQuery } from "@tanstack/react-query";
import { adminKeys } from "@/features/admin/keys";
import { call, type JobPage, type Worker, type WorkerList } from "@/lib/api";

/** A worker's sign of life is no event, so it is looked for while somebody looks. */
export function useWorkers() {
  return useQuery<Worker[]>({
    queryKey: adminKeys.workers,
    queryFn: async ({ signal }) => (await call<WorkerList>("GET", "/admin/workers", { signal })).items,
    refetchInterval: 3_000,
    staleTime: 1_000,
  });
}

/** For the empty queue: when the last one ended; null when none is kept. */
export function useLastEnded() {
  return useQuery<string | null>({
    queryKey: adminKeys.lastEnded,
    queryFn: async ({ signal }) => {
      const { items } = await call<JobPage>("GET", "/admin/jobs?state=completed&limit=1", { signal });
      return items[0]?.finished_at ?? null;
    },
    staleTime: 0,
  });
}
