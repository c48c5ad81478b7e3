// One job beside the table: what it is, its attempts newest first, and what happened to its desktop.
import { Button } from "@/components/ui/Button";
import { Drawer, Steps } from "@/components/ui/Drawer";
import { PageFailed } from "@/components/ui/PageFailed";
import { Skeleton } from "@/components/ui/Skeleton";
import { StatusPill } from "@/components/ui/StatusPill";
import { beside } from "@/features/admin/useTableKeys";
import { age } from "@/features/admin/words";
import type { Job, JobDetail } from "@/lib/api";
import { CONNECTION_BANNER_ID } from "@/lib/events";
import { useNow } from "@/lib/time/ticker";
import { useDelayed } from "@/lib/useDelayed";
import { useJob } from "../api";
import { useQueueContext } from "../QueueContext";
import { cancelMeans, say, shownDesktop } from "../sentences";
import { actionWord, JOB_STATE, KIND } from "../states";
import { Attempts } from "./Attempts";
import { JobFacts } from "./JobFacts";
import styles from "./JobDrawer.module.css";
import { Timeline } from "./Timeline";

interface JobDrawerProps {
  id: string;
  jobs: Job[] | undefined;
}

export function JobDrawer({ id, jobs }: JobDrawerProps) {
  const { open, problemOf } = useQueueContext();
  const job = useJob(id);
  // What the table knows already is shown while the rest is fetched.
  const known = job.data ?? (job.data === undefined ? jobs?.find((one) => one.id === id) : undefined);
  const late = useDelayed(job.isPending);
  const foot = { job: known, id, above: beside(jobs, id, -1)?.id, below: beside(jobs, id, 1)?.id };
  return (
    <Drawer
      label="Job"
      id={id}
      title={known ? `${KIND[known.kind].word} ${shownDesktop(known)}` : job.data === null ? "No such job" : "Job"}
      state={known && <State job={known} />}
      footer={hasFooter(foot, problemOf(id)) && <Footer {...foot} />}
      onClose={() => open(null)}
    >
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
    </Drawer>
  );
}

function State({ job }: { job: Job }) {
  const now = useNow();
  const look = JOB_STATE[job.state];
  const asked = age(now - Date.parse(job.created_at));
  return (
    <>
      <StatusPill tone={look.tone} icon={look.icon} spin={look.spin}>
        {look.word}
      </StatusPill>
      <span>
        {job.attempt > 0 && `attempt ${job.attempt} of ${job.max_attempts} · `}asked {asked} ago
      </span>
    </>
  );
}

function Say({ job }: { job: Job }) {
  return <p className={styles.say}>{say(job, useNow())}</p>;
}

interface FooterProps {
  job: Job | JobDetail | undefined;
  id: string;
  above: string | undefined;
  below: string | undefined;
}

/** Whether there is anything to put at the foot: without it, no foot. */
function hasFooter({ job, above, below }: FooterProps, problem: string | null): boolean {
  return problem !== null || (above ?? below) !== undefined || (job?.actions.length ?? 0) > 0;
}

function Footer({ job, id, above, below }: FooterProps) {
  const { offline, open, act, busyWith, problemOf } = useQueueContext();
  const busy = busyWith(id);
  const problem = problemOf(id);
  const means = job?.actions.includes("cancel") ? cancelMeans(job) : null;
  return (
    <>
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
        <Steps noun="Job" above={above} below={below} onStep={open} />
      </div>
      {means && (
        <p className={styles.means} id="cancel-means">
          {means}
        </p>
      )}
    </>
  );
}
