// The four figures: what waits, what gets done, how long a start takes, and the start slots.
import { Skeleton } from "@/components/ui/Skeleton";
import { Slots } from "@/components/ui/Slots";
import { waiting } from "@/features/admin/useAdminQueue";
import { age } from "@/features/admin/words";
import type { AdminQueue, QueueMinute } from "@/lib/api";
import { figure, many } from "@/lib/figures";
import { lengthWords } from "@/lib/time/words";
import { useDelayed } from "@/lib/useDelayed";
import styles from "./Figures.module.css";
import { Sparkline } from "./Sparkline";

/** A wait above this line is worth a look. */
const LONG_WAIT_MS = 30_000;
/** More slots than this are said in figures only. */
const DRAWN = 16;

export function Figures({ queue }: { queue: AdminQueue | undefined }) {
  const late = useDelayed(!queue);
  if (!queue) return <div className={styles.figures}>{late && [0, 1, 2, 3].map((n) => <Blank key={n} />)}</div>;
  const { history } = queue;
  const start = lastStart(history);
  const earlier = history.find((minute) => minute.start_p50_ms !== null);
  return (
    <dl className={styles.figures}>
      <div className={`card ${styles.figure}`}>
        <dt>Waiting {queue.oldest_wait_ms !== null && <span>oldest {age(queue.oldest_wait_ms)}</span>}</dt>
        <dd>{figure(waiting(queue))}</dd>
        <dd className={styles.chart}>
          <Sparkline
            tone="wait"
            mark={LONG_WAIT_MS}
            values={history.map((minute) => minute.oldest_wait_ms ?? 0)}
            label={
              queue.oldest_wait_ms === null
                ? "Oldest wait in the last 30 minutes; nothing waits now"
                : `Oldest wait in the last 30 minutes, now ${lengthWords(queue.oldest_wait_ms)}`
            }
          />
        </dd>
        <dd className={styles.note}>Oldest wait; the dashed line is 30 s</dd>
      </div>
      <div className={`card ${styles.figure}`}>
        <dt>
          Throughput <span>last 30 min</span>
        </dt>
        <dd>
          {figure(queue.per_minute)}
          <small>/ min</small>
        </dd>
        <dd className={styles.chart}>
          <Sparkline
            values={history.map((minute) => minute.finished)}
            label={`Jobs finished a minute in the last 30 minutes, now ${figure(queue.per_minute)}`}
          />
        </dd>
        <dd className={styles.note}>
          Jobs finished;{" "}
          {queue.failed_today === 0 ? "none given up today" : `${figure(queue.failed_today)} given up today`}
        </dd>
      </div>
      <div className={`card ${styles.figure}`}>
        <dt>Click to running {start?.start_p95_ms && <span>p95 {lengthWords(start.start_p95_ms)}</span>}</dt>
        <dd>
          {start ? <Seconds ms={start.start_p50_ms} /> : "–"}
          {start && <small>s p50</small>}
        </dd>
        <dd className={styles.chart}>
          <Sparkline
            values={history.map((minute) => minute.start_p50_ms)}
            label={
              start
                ? `Median time from click to running, last ${lengthWords(start.start_p50_ms)}`
                : "Median time from click to running: nothing was started in the last 30 minutes"
            }
          />
        </dd>
        <dd className={styles.note}>{start && earlier ? compared(start, earlier) : "No start in the last 30 min"}</dd>
      </div>
      <SlotsFigure queue={queue} />
    </dl>
  );
}

function SlotsFigure({ queue: { slots, nodes } }: { queue: AdminQueue }) {
  const where = nodes.length === 1 ? nodes[0]?.id : nodes.length > 1 ? many(nodes.length, "node") : "no node";
  return (
    <div className={`card ${styles.figure}`}>
      <dt>
        Start slots <span>{where}</span>
      </dt>
      <dd>
        {figure(slots.busy)}
        <small>of {figure(slots.total)}</small>
      </dd>
      <dd className={styles.slots}>
        {slots.total > 0 && slots.total <= DRAWN && (
          <Slots
            filled={Math.min(slots.busy, slots.total)}
            total={slots.total}
            label={`${slots.busy} of ${slots.total} start slots busy`}
          />
        )}
      </dd>
      <dd className={styles.note}>
        {nodes.length === 0
          ? "No worker has said how many"
          : nodes.every((node) => node.auto)
            ? "Twice the engine’s CPUs"
            : "As set for this node"}
      </dd>
    </div>
  );
}

function Seconds({ ms }: { ms: number }) {
  return <>{ms < 100_000 ? (ms / 1000).toFixed(1) : figure(Math.round(ms / 1000))}</>;
}

type Started = QueueMinute & { start_p50_ms: number };

function lastStart(history: QueueMinute[]): Started | null {
  return history.findLast((minute): minute is Started => minute.start_p50_ms !== null) ?? null;
}

function compared(now: Started, earlier: QueueMinute): string {
  if (now === earlier || earlier.start_p50_ms === null) return "The only minute with a start, of the last 30";
  const minutes = Math.round((Date.parse(now.minute) - Date.parse(earlier.minute)) / 60_000);
  const when = minutes >= 28 ? "half an hour ago" : `${minutes} min before`;
  return `${lengthWords(earlier.start_p50_ms)} ${when}`;
}

function Blank() {
  return (
    <div className={`card ${styles.figure}`} aria-hidden="true">
      <Skeleton width="70px" />
      <Skeleton width="100%" height="30px" />
      <Skeleton width="160px" />
    </div>
  );
}
