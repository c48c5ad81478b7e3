// The workers: what each has in hand, and when it last gave a sign of life. Up to eight as cards, more as one line each.
import { Skeleton } from "@/components/ui/Skeleton";
import { age, workerName } from "@/features/admin/words";
import type { Worker } from "@/lib/api";
import { figure, many } from "@/lib/figures";
import { useNow } from "@/lib/time/ticker";
import { exact } from "@/lib/time/words";
import { useDelayed } from "@/lib/useDelayed";
import { WORKER_STATE } from "../states";
import styles from "./Workers.module.css";

const CARDS = 8;
/** Above this many, permits are said in figures only. */
const DRAWN = 64;

export function Workers({ workers }: { workers: Worker[] | undefined }) {
  const late = useDelayed(!workers);
  if (!workers)
    return (
      <div className={styles.workers} aria-hidden="true">
        {late && (
          <div className={`card ${styles.worker}`}>
            <Skeleton width="120px" />
            <Skeleton height="20px" className={styles.blank} />
            <Skeleton width="170px" />
          </div>
        )}
      </div>
    );
  if (workers.length === 0) return null;
  if (workers.length > CARDS)
    return (
      <ul className={`card ${styles.lines}`} role="list" aria-label="Workers">
        {workers.map((worker) => (
          <Line key={worker.id} worker={worker} />
        ))}
      </ul>
    );
  return (
    // On a phone the cards scroll sideways, which the keyboard can do only where the focus can be.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <ul className={styles.workers} role="list" aria-label="Workers" tabIndex={0}>
      {workers.map((worker) => (
        <Card key={worker.id} worker={worker} />
      ))}
    </ul>
  );
}

function Card({ worker }: { worker: Worker }) {
  const { id, node, state, concurrency, running, version, given_back } = worker;
  // What a silent worker had in hand is drawn empty: others have it now.
  const lost = state === "silent" ? Math.max(running, Math.min(given_back, concurrency)) : 0;
  return (
    <li className={`card ${styles.worker} ${styles[state]}`}>
      <div className={styles.top}>
        <Dot worker={worker} />
        <b title={id}>{workerName(id)}</b>
        <Seen worker={worker} />
      </div>
      {concurrency <= DRAWN && (
        <div className={styles.permits} role="img" aria-label={`${running} of ${concurrency} jobs at once`}>
          {Array.from({ length: concurrency }, (_, index) => (
            <i key={index} className={index < lost ? styles.lost : index < running ? styles.on : undefined} />
          ))}
        </div>
      )}
      <div className={styles.bottom}>
        <span>{inHand(worker)}</span>
        <span>
          {node} · {version}
        </span>
      </div>
    </li>
  );
}

function Line({ worker }: { worker: Worker }) {
  return (
    <li className={styles[worker.state]}>
      <Dot worker={worker} />
      <b title={worker.id}>{workerName(worker.id)}</b>
      <span className={styles.hand}>{inHand(worker)}</span>
      <span className={styles.where}>
        {worker.node} · {worker.version}
      </span>
      <Seen worker={worker} />
    </li>
  );
}

function Dot({ worker: { state } }: { worker: Worker }) {
  return <span className={`${styles.dot} ${styles[WORKER_STATE[state].dot]}`} aria-hidden="true" />;
}

function Seen({ worker: { state, last_seen_at } }: { worker: Worker }) {
  const now = useNow();
  const at = Date.parse(last_seen_at);
  const since = age(now - at);
  return (
    <span className={styles.seen} title={exact(at)}>
      {state === "silent" ? `silent ${since}` : `${since} ago`}
    </span>
  );
}

const IN_HAND: Record<Worker["state"], (worker: Worker) => string> = {
  live: ({ running, concurrency }) => `${figure(running)} of ${figure(concurrency)} busy`,
  silent: ({ running, given_back }) =>
    running > 0
      ? `${many(running, "job")} until its lease ends`
      : given_back > 0
        ? `${many(given_back, "job")} given to others`
        : "Had nothing in hand",
  draining: ({ running }) => (running === 0 ? "Draining: nothing left" : `Draining: ${figure(running)} to finish`),
};

function inHand(worker: Worker): string {
  return IN_HAND[worker.state](worker);
}
