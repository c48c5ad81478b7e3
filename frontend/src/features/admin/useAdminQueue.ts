// The figures of the queue. On administrators' pages events keep them; elsewhere, and for the half hour behind them,
// they are asked for now and then.
import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { call, type AdminQueue, type AdminQueueLive } from "@/lib/api";
import { adminKeys } from "./keys";

export function useAdminQueue() {
  return useQuery<AdminQueue>({
    queryKey: adminKeys.queue,
    queryFn: ({ signal }) => call<AdminQueue>("GET", "/admin/queue", { signal }),
    refetchInterval: 15_000,
    staleTime: 5_000,
  });
}

/** An event carries everything but the history. */
export function putQueueFigures(client: QueryClient, live: AdminQueueLive): void {
  client.setQueryData<AdminQueue>(adminKeys.queue, (known) => known && { ...live, history: known.history });
}

/** Twice is the same as once: whoever paused first stays named. */
export function useHoldQueue() {
  const client = useQueryClient();
  return useMutation<AdminQueue, Error, "pause" | "resume">({
    mutationFn: (what) => call<AdminQueue>("POST", `/admin/queue/${what}`),
    onSuccess: (queue) => client.setQueryData(adminKeys.queue, queue),
  });
}

/** Everything that has not begun: it has its place in line or waits out a pause between two tries. */
export function waiting({ by_kind }: Pick<AdminQueue, "by_kind">): number {
  return Object.values(by_kind).reduce((sum, { waiting }) => sum + waiting, 0);
}
