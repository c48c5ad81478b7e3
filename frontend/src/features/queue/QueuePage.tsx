// The queue, for administrators: whether it takes jobs, what holds it up, its figures, its workers, and every job.
import { useCallback, useMemo } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { PageFailed } from "@/components/ui/PageFailed";
import { adminKeys } from "@/features/admin/keys";
import { useAdminEvents } from "@/features/admin/useAdminEvents";
import { useAdminQueue } from "@/features/admin/useAdminQueue";
import type { JobFilter } from "@/lib/api";
import { useOffline } from "@/lib/events";
import { navigate, useSearch } from "@/lib/router";
import { useTitle } from "@/lib/useTitle";
import { useJobList, useWorkers } from "./api";
import { Banners } from "./components/Banners";
import { Figures } from "./components/Figures";
import { JobDrawer } from "./components/JobDrawer";
import { JobsCard } from "./components/JobsCard";
import { QueueHead } from "./components/QueueHead";
import { Workers } from "./components/Workers";
import { address, readPlace } from "./filters";
import { QueueContext } from "./QueueContext";
import { useEventPatch } from "./useEventPatch";
import { useSteering } from "./useSteering";
import { useLiveTable } from "./useLiveTable";

export function QueuePage() {
  useTitle("Queue");
  const client = useQueryClient();
  const search = useSearch();
  const { filter, job: openId } = useMemo(() => readPlace(search), [search]);
  // The same object for the same filter, whatever job is open beside it.
  const filterKey = JSON.stringify(filter);
  const stable = useMemo(() => JSON.parse(filterKey) as JobFilter, [filterKey]);

  const queue = useAdminQueue();
  const workers = useWorkers();
  const list = useJobList(stable);
  const offline = useOffline();
  const live = useLiveTable(list, openId !== null);

  const open = useCallback(
    (id: string | null) => navigate(address({ filter: stable, job: id }), { replace: openId !== null && id !== null }),
    [stable, openId],
  );
  const setFilter = useCallback(
    (next: JobFilter) => navigate(address({ filter: next, job: openId }), { replace: true }),
    [openId],
  );
  const { act, steer, busyWith, problemOf } = useSteering(open);

  useAdminEvents({
    onDesktops: useEventPatch(),
    onChange: () => {
      live.refresh();
      if (openId) void client.invalidateQueries({ queryKey: adminKeys.job(openId) });
    },
  });

  const context = useMemo(
    () => ({ filter: stable, openId, offline, setFilter, open, act, busyWith, problemOf }),
    [stable, openId, offline, setFilter, open, act, busyWith, problemOf],
  );

  if (!queue.data && queue.isError)
    return (
      <PageFailed
        whole
        what="The queue could not be loaded"
        error={queue.error}
        busy={queue.isFetching}
        onRetry={() => void queue.refetch()}
      />
    );

  return (
    <QueueContext value={context}>
      <QueueHead queue={queue.data} />
      <Banners queue={queue.data} workers={workers.data} />
      <Figures queue={queue.data} />
      <Workers workers={workers.data} />
      <JobsCard list={list} live={live} queue={queue.data} workers={workers.data} steer={steer} />
      {openId && <JobDrawer key="drawer" id={openId} jobs={list.jobs} />}
    </QueueContext>
  );
}
