// What may be done to jobs: one of them, or all that a filter finds. The answer is put into the cache; nothing is
// assumed before it arrives.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { adminKeys } from "@/features/admin/keys";
import { call, type BulkResult, type JobAction, type JobDetail, type JobFilter } from "@/lib/api";
import { put } from "./useJobList";

export interface JobRequest {
  id: string;
  action: JobAction;
}

export function useJobAction() {
  const client = useQueryClient();
  return useMutation<JobDetail, Error, JobRequest>({
    mutationFn: ({ id, action }) => call<JobDetail>("POST", `/admin/jobs/${encodeURIComponent(id)}/${action}`),
    onSuccess: (job, { id }) => {
      client.setQueryData(adminKeys.job(job.id), job);
      put(client, job);
      // A new job stands for the old one now; the old one changed what may be done to it.
      if (job.id !== id) void client.invalidateQueries({ queryKey: adminKeys.job(id) });
      void client.invalidateQueries({ queryKey: adminKeys.queue });
    },
    // Not waited for: the refusal is said at once.
    onError: (_error, { id }) => void client.invalidateQueries({ queryKey: adminKeys.job(id) }),
  });
}

interface BulkRequest {
  action: JobAction;
  filter: JobFilter;
  dryRun: boolean;
}

export function useBulk() {
  const client = useQueryClient();
  return useMutation<BulkResult, Error, BulkRequest>({
    mutationFn: ({ action, filter, dryRun }) =>
      call<BulkResult>("POST", `/admin/jobs/${action}`, { body: { filter, dry_run: dryRun } }),
    onSuccess: (_result, { dryRun }) => {
      if (!dryRun) void client.invalidateQueries({ queryKey: adminKeys.queue });
    },
  });
}
