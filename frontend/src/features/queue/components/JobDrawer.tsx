// One job beside the table: what it is, its attempts newest first, and what happened to its desktop. Not a dialog and
// not a trap: the table stays in reach, arrows go to the job above or below, Escape closes it.
import { useEffect, useRef } from "react";
import { Button } from "@/components/ui/Button";
import { PageFailed } from "@/components/ui/PageFailed";
import { Skeleton } from "@/components/ui/Skeleton";
import { StatusPill } from "@/components/ui/StatusPill";
import { age } from "@/features/admin/words";
import type { Job, JobDetail } from "@/lib/api";
import { CONNECTION_BANNER_ID } from "@/lib/events";
import { useNow } from "@/lib/time/ticker";
import { useDelayed } from "@/lib/useDelayed";
import { useJob } from "../api";
import { useQueueContext } from "../QueueContext";
import { cancelMeans, say, shownDesktop } from "../sentences";
import { actionWord, JOB_STATE, KIND } from "../states";
import { beside } from "../useJobKeys";
import { Attempts } from "./Attempts";
import { JobFacts } from "./JobFacts";
import styles from "./JobDrawer.module.css";
import { Timeline } from "./Timeline";

interface JobDrawerProps {
  id: string;
  jobs: Job[] | undefined;
}

export function JobDrawer({ id, jobs }: JobDrawerProps) {
  const { open } = useQueueContext();
  const job = useJob(id);
  // What the table knows already is shown while the rest is fetched.
  const known = job.data ?? (job.data === undefined ? jobs?.find((one) => one.id === id) : undefined);
  const drawer = useRef<HTMLElement>(null);
  useFocusInAndOut(drawer, id);
  const late = useDelayed(job.isPending);
  return (
    <aside className={styles.drawer} ref={drawer} tabIndex={-1} aria-label="Job">
      <header>
        <div className={styles.title}>
          <h2>
            {known ? `${KIND[known.kind].word} ${shownDesktop(known)}` : job.data === null ? "No such job" : "Job"}
          </h2>
          {known && <State job={known} />}
        </div>
        <Button variant="quiet" size="sm" iconOnly icon="x" aria-label="Close" onClick={() => open(null)} />
      </header>
      <div className={styles.scroll} key={id}>
        {known && <Say job={known} />}
        {job.data && (
          <>
            <JobFacts job={job.data} />
            <Attempts job={job.data} />
            <Timeline job={job.data} />
          </>
        )}
        {late && <Skeleton height="160px" />}
        {job.data === null && (
          <p className={styles.say}>
            It is not kept any more, or never was. Finished jobs are kept for a while, then removed.
          </p>
        )}
        {job.isError && !job.data && (
          <PageFailed
            what="This job could not be loaded"
            error={job.error}
            busy={job.isFetching}
            onRetry={() => void job.refetch()}
          />
        )}
      </div>
      <Footer job={known} jobs={jobs} id={id} />
    </aside>
  );
}

/** Into the drawer when it opens, back to the row when it closes. */
function useFocusInAndOut(drawer: React.RefObject<HTMLElement | null>, id: string) {
  const present = useRef(id);
  useEffect(() => {
    present.current = id;
    // Walking by arrows keeps its row in sight.
    rowOf(id)?.scrollIntoView({ block: "nearest" });
  }, [id]);
  useEffect(() => {
    drawer.current?.focus({ preventScroll: true });
    const element = drawer.current;
    return () => {
      const { activeElement } = document;
      if (activeElement !== document.body && !element?.contains(activeElement)) return;
      rowOf(present.current)?.focus();
    };
  }, [drawer]);
}

function rowOf(id: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"]`);
}

function State({ job }: { job: Job }) {
  const now = useNow();
  const look = JOB_STATE[job.state];
  const asked = age(now - Date.parse(job.created_at));
  return (
    <p>
      <StatusPill tone={look.tone} icon={look.icon} spin={look.spin}>
        {look.word}
      </StatusPill>
      <span>
        {job.attempt > 0 && `attempt ${job.attempt} of ${job.max_attempts} · `}asked {asked} ago
      </span>
    </p>
  );
}

function Say({ job }: { job: Job }) {
  return <p className={styles.say}>{say(job, useNow())}</p>;
}

function Footer({ job, jobs, id }: { job: Job | JobDetail | undefined; jobs: Job[] | undefined; id: string }) {
  const { offline, open, act, busyWith, problemOf } = useQueueContext();
  const busy = busyWith(id);
  const problem = problemOf(id);
  const above = beside(jobs, id, -1);
  const below = beside(jobs, id, 1);
  const means = job?.actions.includes("cancel") ? cancelMeans(job) : null;
  if (!problem && !above && !below && !job?.actions.length) return null;
  return (
    <footer>
      {problem && (
        <p className={styles.problem} role="alert">
          {problem}
        </p>
      )}
      <div className={styles.buttons}>
        {job?.actions.map((action) => (
          <Button
            key={action}
            variant={action === "cancel" ? "danger" : "plain"}
            icon={action === "retry" ? "retry" : undefined}
            busy={busy === action}
            disabled={offline}
            aria-describedby={
              offline ? CONNECTION_BANNER_ID : action === "cancel" && means ? "cancel-means" : undefined
            }
            onClick={() => act(job, action)}
          >
            {actionWord(action, job)}
          </Button>
        ))}
        <span className={styles.space} />
        {(above ?? below) && (
          <>
            <Step name="Job above" to={above?.id} onStep={open} />
            <Step name="Job below" to={below?.id} onStep={open} />
          </>
        )}
      </div>
      {means && (
        <p className={styles.means} id="cancel-means">
          {means}
        </p>
      )}
    </footer>
  );
}

/** At the end of the list the arrow stays where it is, and does nothing. */
function Step({ name, to, onStep }: { name: string; to: string | undefined; onStep: (id: string) => void }) {
  return (
    <Button
      variant="quiet"
      iconOnly
      icon="left"
      className={name === "Job below" ? styles.below : undefined}
      aria-label={to ? name : `${name}: there is none in this list`}
      aria-disabled={to ? undefined : true}
      title={to ? name : "There is none in this list"}
      onClick={() => to && onStep(to)}
    />
  );
}
