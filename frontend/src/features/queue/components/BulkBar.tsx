// What is done with the chosen jobs: those ticked, or all that the filter finds. Cancelling more than one asks first.
import { useState } from "react";
import { Button } from "@/components/ui/Button";
import type { Job, JobAction, JobFilter, QueueCounts } from "@/lib/api";
import { CONNECTION_BANNER_ID } from "@/lib/events";
import { figure } from "@/lib/figures";
import { isNarrowed } from "../filters";
import { useQueueContext } from "../QueueContext";
import { JOB_STATE } from "../states";
import type { Steering } from "../useSteering";
import styles from "./BulkBar.module.css";
import { BulkDialog } from "./BulkDialog";

interface BulkBarProps {
  selected: Job[];
  counts: QueueCounts | undefined;
  steer: Steering["steer"];
  onClear: () => void;
}

interface Asked {
  action: JobAction;
  /** Null: the ticked ones. */
  filter: JobFilter | null;
}

export function BulkBar({ selected, counts, steer, onClear }: BulkBarProps) {
  const { filter, offline } = useQueueContext();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [all, setAll] = useState(false);
  const wider = widerThan(selected, filter, counts);
  const byFilter = all && wider !== null;
  const can = (action: JobAction) => selected.filter((job) => job.actions.includes(action));
  const button = (action: JobAction) => ({
    busy: false,
    disabled: offline || (!byFilter && can(action).length === 0),
    "aria-describedby": offline
      ? CONNECTION_BANNER_ID
      : can(action).length === 0 && !byFilter
        ? "bulk-none"
        : undefined,
    onClick: () => setAsked({ action, filter: byFilter ? wider.filter : null }),
  });
  const none = !byFilter && (["retry", "cancel"] as const).filter((action) => can(action).length === 0);

  return (
    <>
      <div className={styles.bar} role="region" aria-label="Selected jobs">
        <b>{byFilter ? `All ${wider.words} selected` : `${figure(selected.length)} selected`}</b>
        {wider && !byFilter && (
          <button type="button" className={styles.all} onClick={() => setAll(true)}>
            Select all {wider.words}
          </button>
        )}
        <span className={styles.space} />
        {none && none.length > 0 && (
          <span className={styles.none} id="bulk-none">
            {none.length === 2 ? "None of them can be retried or cancelled" : `None can be ${DONE[none[0]!]}`}
          </span>
        )}
        <Button size="sm" icon="retry" {...button("retry")}>
          Retry now
        </Button>
        <Button size="sm" variant="danger" {...button("cancel")}>
          Cancel jobs
        </Button>
        <Button
          size="sm"
          variant="quiet"
          onClick={() => {
            setAll(false);
            onClear();
          }}
        >
          Clear
        </Button>
      </div>
      {asked && (
        <BulkDialog
          action={asked.action}
          filter={asked.filter}
          jobs={asked.filter ? null : can(asked.action)}
          chosen={selected.length}
          steer={steer}
          onClose={(done) => {
            setAsked(null);
            if (!done) return;
            setAll(false);
            onClear();
          }}
        />
      )}
    </>
  );
}

const DONE: Record<JobAction, string> = { retry: "retried", cancel: "cancelled" };

/** What "all" would mean: the filter's jobs, or those of the one state that all ticked jobs are in. */
function widerThan(
  selected: Job[],
  filter: JobFilter,
  counts: QueueCounts | undefined,
): { filter: JobFilter; words: string } | null {
  const state = selected[0]?.state;
  if (!state || selected.some((job) => job.state !== state)) {
    const named = filter.state !== undefined || isNarrowed(filter);
    return named ? { filter, words: "that match" } : null;
  }
  const n = isNarrowed(filter) ? undefined : counts?.[state];
  if (n !== undefined && n <= selected.length) return null;
  const word = JOB_STATE[state].word.toLowerCase();
  return { filter: { ...filter, state }, words: n === undefined ? `${word} that match` : `${figure(n)} ${word}` };
}
