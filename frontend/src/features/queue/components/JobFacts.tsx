// What is known of a job: whose, where, under which lease, in which container.
import styles from "@/components/ui/Facts.module.css";
import { ago, workerName } from "@/features/admin/words";
import { STATUS } from "@/features/desktops/status";
import type { JobDetail } from "@/lib/api";
import { useNow } from "@/lib/time/ticker";
import { clock, exact, lengthWords } from "@/lib/time/words";
import { useQueueContext } from "../QueueContext";
import { shownDesktop, shownUser } from "../sentences";

export function JobFacts({ job }: { job: JobDetail }) {
  const { setFilter } = useQueueContext();
  const { desktop, started_at, finished_at } = job;
  const worked = started_at && finished_at ? Date.parse(finished_at) - Date.parse(started_at) : null;
  const first = job.attempts.at(-1)?.started_at ?? started_at;
  const waited = first ? Date.parse(first) - Date.parse(job.created_at) : null;
  return (
    <dl className={styles.facts}>
      <dt>Desktop</dt>
      <dd>
        <button type="button" onClick={() => setFilter({ desktop: job.desktop_id })} title="All jobs of this desktop">
          {shownDesktop(job)}
        </button>
        {desktop ? `, ${STATUS[desktop.status].word.toLowerCase()}` : ", deleted"}
      </dd>
      <dt>User</dt>
      <dd>
        <button type="button" onClick={() => setFilter({ user: job.user })} title="All jobs of this user">
          {shownUser(job)}
        </button>
      </dd>
      {waited !== null && (
        <>
          <dt>Timing</dt>
          <dd>
            waited {lengthWords(waited)}
            {worked !== null && `, worked ${lengthWords(worked)}`}
          </dd>
        </>
      )}
      {job.worker && (
        <>
          <dt>Worker</dt>
          <dd>
            <code title={job.worker}>{workerName(job.worker)}</code>
            {job.node && ` on ${job.node}`}
          </dd>
        </>
      )}
      {job.lease_until && (
        <>
          <dt>Lease</dt>
          <dd>
            until {clock(Date.parse(job.lease_until))}
            {job.lease_renewed_at && <Renewed at={Date.parse(job.lease_renewed_at)} />}
          </dd>
        </>
      )}
      {(job.container || job.port !== null) && (
        <>
          <dt>Container</dt>
          <dd>
            {job.container && <code>{job.container.slice(0, 12)}</code>}
            {job.container && job.port !== null && ", "}
            {job.port !== null && `port ${job.port}`}
          </dd>
        </>
      )}
      <dt>Job</dt>
      <dd>
        <code>{job.id}</code>
      </dd>
      {job.trace_id && (
        <>
          <dt>Trace</dt>
          <dd>
            <code>{job.trace_id}</code>
          </dd>
        </>
      )}
    </dl>
  );
}

function Renewed({ at }: { at: number }) {
  const now = useNow();
  return <span title={exact(at)}>, renewed {ago(now - at)}</span>;
}
