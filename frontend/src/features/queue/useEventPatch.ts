// What a desktop's event says of the job that works on it, shown at once: its step and its place in line. The state
// itself follows with the next answer.
import { useQueryClient, type InfiniteData } from "@tanstack/react-query";
import { useCallback } from "react";
import { adminKeys } from "@/features/admin/keys";
import type { Desktop, Job, JobPage } from "@/lib/api";

export function useEventPatch() {
  const client = useQueryClient();
  return useCallback(
    (desktops: Desktop[]) => {
      const byJob = new Map(desktops.flatMap((desktop) => (desktop.job_id ? [[desktop.job_id, desktop]] : [])));
      if (byJob.size === 0) return;
      client.setQueriesData<InfiniteData<JobPage, string | undefined>>({ queryKey: adminKeys.lists }, (data) => {
        if (!data?.pages.some(({ items }) => items.some(({ id }) => byJob.has(id)))) return data;
        const pages = data.pages.map((page) => ({ ...page, items: page.items.map((job) => patched(job, byJob)) }));
        return { ...data, pages };
      });
    },
    [client],
  );
}

function patched(job: Job, byJob: ReadonlyMap<string, Desktop>): Job {
  const desktop = byJob.get(job.id);
  if (!desktop) return job;
  if (job.state === "running" && desktop.step) return { ...job, step: desktop.step };
  if (job.state === "available" && desktop.queue) return { ...job, queue: desktop.queue };
  return job;
}
