// One job in the table.
import { memo } from "react";
import { StatusPill } from "@/components/ui/StatusPill";
import { letters } from "@/features/session/api";
import { moment, workerName } from "@/features/admin/words";
import type { Job } from "@/lib/api";
import { Link } from "@/lib/router";
import { serverNow } from "@/lib/time/clock";
import { useNow } from "@/lib/time/ticker";
import { exact } from "@/lib/time/words";
import { address } from "../filters";
import { useQueueContext } from "../QueueContext";
import { line, shownThing, shownUser, TICKS, timeFigure } from "../sentences";
import { JOB_STATE, KIND } from "../states";
import { JobMenu } from "./JobMenu";
import styles from "./JobTable.module.css";

interface JobRowProps {
  job: Job;
  index: number;
  measure?: ((row: HTMLElement | null) => void) | undefined;
  left: boolean;
  selected: boolean;
  onToggle: (ids: string[], on?: boolean) => void;
}

export const JobRow = memo(function JobRow({ job, index, measure, left, selected, onToggle }: JobRowProps) {
  const { filter, openId } = useQueueContext();
  const look = JOB_STATE[job.state];
  const name = `${KIND[job.kind].word} ${shownThing(job)}`;
  const created = Date.parse(job.created_at);
  return (
    <tr
      role="row"
      ref={measure}
      tabIndex={-1}
      aria-rowindex={index + 2}
      aria-label={`${name}, ${look.word}`}
      data-row={job.id}
      data-index={index}
      data-state={job.state}
      data-selected={selected || undefined}
      data-open={openId === job.id || undefined}
      data-left={left || undefined}
      title={left ? "No longer among these; it goes when you look elsewhere" : undefined}
    >
      <td role="cell" className={styles.check}>
        <input type="checkbox" aria-label={`Select ${name}`} checked={selected} onChange={() => onToggle([job.id])} />
      </td>
      <td role="cell" className={styles.state}>
        <StatusPill tone={look.tone} icon={look.icon} spin={look.spin}>
          {look.word}
        </StatusPill>
      </td>
      <td role="cell" className={styles.job}>
        <Link
          to={address({ filter, job: job.id })}
          replace={openId !== null}
          aria-current={openId === job.id || undefined}
        >
          {KIND[job.kind].word} <span>{shownThing(job)}</span>
        </Link>
      </td>
      <td role="cell" className={styles.user} title={job.user}>
        <span className={styles.avatar} aria-hidden="true">
          {letters(shownUser(job))}
        </span>
        {shownUser(job)}
      </td>
      <td role="cell" className={`${styles.figure} ${styles.mid}`}>
        {job.attempt} / {job.max_attempts}
      </td>
      <td role="cell" className={`${styles.worker} ${styles.mid}`} title={job.worker ?? undefined}>
        {job.worker ? <code>{workerName(job.worker)}</code> : "–"}
      </td>
      <td role="cell" className={`${styles.figure} ${styles.time}`}>
        {TICKS[job.state] ? <Ticking job={job} /> : timeFigure(job, 0)}
      </td>
      <Why job={job} />
      <td role="cell" className={`${styles.figure} ${styles.mid} ${styles.asked}`} title={exact(created)}>
        {moment(created, serverNow())}
      </td>
      <td role="cell" className={styles.actions}>
        <JobMenu job={job} name={name} />
      </td>
    </tr>
  );
});

function Ticking({ job }: { job: Job }) {
  return timeFigure(job, useNow());
}

function Why({ job }: { job: Job }) {
  const text = line(job, serverNow());
  return (
    <td role="cell" className={styles.why} title={text || undefined}>
      {text}
    </td>
  );
}
