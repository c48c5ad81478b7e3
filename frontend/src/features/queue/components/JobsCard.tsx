// The jobs: tabs, filters, what is chosen, and the table. What narrows the list stands in the address.
import { useMemo, useState } from "react";
import type { AdminQueue, Job, Worker } from "@/lib/api";
import type { JobList } from "../api";
import { isNarrowed } from "../filters";
import { useQueueContext } from "../QueueContext";
import { useJobKeys } from "../useJobKeys";
import type { LiveTable } from "../useLiveTable";
import type { Steering } from "../useSteering";
import { BulkBar } from "./BulkBar";
import { Filters } from "./Filters";
import styles from "./JobsCard.module.css";
import { JobTable } from "./JobTable";
import { NoJobs } from "./NoJobs";
import { JobsFailed, JobsSkeleton } from "./JobsWaiting";
import { More } from "./More";
import { Tabs } from "./Tabs";

interface JobsCardProps {
  list: JobList;
  live: LiveTable;
  queue: AdminQueue | undefined;
  workers: Worker[] | undefined;
  steer: Steering["steer"];
}

export function JobsCard({ list, live, queue, workers, steer }: JobsCardProps) {
  const { held, hold, around, setChosen, onPointerEnter, onPointerLeave } = live;
  const { filter } = useQueueContext();
  const { selected, toggle, clear } = useSelection(list.jobs, setChosen, JSON.stringify(filter));
  useJobKeys(list.jobs, { toggle, clear });
  const jobs = list.jobs;

  return (
    <section className={`card ${styles.card}`} aria-label="Jobs">
      <Tabs counts={queue && !isNarrowed(filter) ? queue.counts : undefined} />
      <Filters workers={workers} held={held} onHold={hold} />
      {selected.length > 0 && <BulkBar selected={selected} counts={queue?.counts} steer={steer} onClear={clear} />}
      <div ref={around} onPointerEnter={onPointerEnter} onPointerLeave={onPointerLeave}>
        {!jobs &&
          (list.query.isError ? (
            <JobsFailed
              error={list.query.error}
              busy={list.query.isFetching}
              onRetry={() => void list.query.refetch()}
            />
          ) : (
            <JobsSkeleton />
          ))}
        {jobs?.length === 0 && list.arrived === 0 && <NoJobs />}
        {jobs && (jobs.length > 0 || list.arrived > 0) && (
          <JobTable
            jobs={jobs}
            left={list.left}
            arrived={held ? 0 : list.arrived}
            onArrived={() => void list.begin()}
            selected={selected}
            onToggle={toggle}
          />
        )}
      </div>
      {jobs && jobs.length > 0 && <More list={list} held={held} />}
    </section>
  );
}

/** The chosen jobs that are still shown. Another filter starts anew. */
function useSelection(jobs: Job[] | undefined, setChosen: (some: boolean) => void, filter: string) {
  const [chosen, setIds] = useState<{ filter: string; ids: ReadonlySet<string> }>({ filter, ids: new Set() });
  const ids = chosen.filter === filter ? chosen.ids : NONE;
  const selected = useMemo(() => jobs?.filter((job) => ids.has(job.id)) ?? [], [jobs, ids]);
  const set = (next: ReadonlySet<string>) => {
    setIds({ filter, ids: next });
    setChosen(next.size > 0);
  };
  return {
    selected,
    toggle: (some: string[], on?: boolean) => {
      const next = new Set(ids);
      for (const id of some) {
        if (on ?? !next.has(id)) next.add(id);
        else next.delete(id);
      }
      set(next);
    },
    clear: () => {
      if (ids.size === 0) return false;
      set(new Set());
      return true;
    },
  };
}

const NONE: ReadonlySet<string> = new Set();
