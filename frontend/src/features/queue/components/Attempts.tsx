// Every attempt, newest first: who had it, for how long, how it ended. One that lost its lease did not fail.
import { StatusPill } from "@/components/ui/StatusPill";
import { moment, workerName } from "@/features/admin/words";
import type { JobAttempt, JobDetail } from "@/lib/api";
import { useNow } from "@/lib/time/ticker";
import { clock, lengthWords } from "@/lib/time/words";
import { JOB_STATE, OUTCOME, OUTCOME_MEANS } from "../states";
import styles from "./Attempts.module.css";

export function Attempts({ job: { attempts, state } }: { job: JobDetail }) {
  return (
    <section>
      <h3 className={styles.heading}>
        Attempts <span>{attempts.length > 1 ? "newest first" : ""}</span>
      </h3>
      {attempts.length === 0 ? (
        <p className={styles.none}>
          {state === "cancelled" ? "None: nobody had begun with it." : "None yet: nobody has begun with it."}
        </p>
      ) : (
        <ol className={styles.attempts} role="list">
          {attempts.map((attempt) => (
            <Attempt key={attempt.n} attempt={attempt} />
          ))}
        </ol>
      )}
    </section>
  );
}

function Attempt({ attempt: { n, worker, started_at, ended_at, outcome, error } }: { attempt: JobAttempt }) {
  const look = outcome ? OUTCOME[outcome] : JOB_STATE.running;
  const began = Date.parse(started_at);
  const means = outcome && OUTCOME_MEANS[outcome];
  return (
    <li>
      <div className={styles.top}>
        <StatusPill tone={look.tone} icon={look.icon} spin={look.spin}>
          {look.word}
        </StatusPill>
        <b>Attempt {n}</b>
        <code title={worker}>{workerName(worker)}</code>
        <span className={styles.time}>
          {ended_at ? <Lasted from={began} to={Date.parse(ended_at)} /> : <SoFar from={began} />}
        </span>
      </div>
      {means && <p>{means}</p>}
      {error && <code className={styles.error}>{error}</code>}
    </li>
  );
}

function Lasted({ from, to }: { from: number; to: number }) {
  const now = useNow();
  return (
    <>
      {moment(from, now)} – {clock(to)}, {lengthWords(to - from)}
    </>
  );
}

function SoFar({ from }: { from: number }) {
  const now = useNow();
  return (
    <>
      since {moment(from, now)}, {lengthWords(now - from)}
    </>
  );
}
