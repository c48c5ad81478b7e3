// The last half hour at a glance: one small chart for each thing that users would feel or that could run out.
import { Sparkline } from "@/features/queue/components/Sparkline";
import type { AdminQueue, Operations } from "@/lib/api";
import { figure } from "@/lib/figures";
import { lengthWords } from "@/lib/time/words";
import { bytes, millis, percent } from "../words";
import styles from "../OperationsPage.module.css";

interface ChartsProps {
  operations: Operations;
  /** Comes by itself, and may come later. */
  queue: AdminQueue | undefined;
}

export function Charts({ operations: { history, processes }, queue }: ChartsProps) {
  const sum = (of: (process: Operations["processes"][number]) => number) =>
    processes.reduce((all, process) => all + of(process), 0);
  const busy = sum((process) => process.pool_busy);
  const most = sum((process) => process.pool_max);
  const last = <K extends keyof Operations["history"][number]>(key: K) =>
    history.findLast((minute) => minute[key] !== null)?.[key] ?? null;
  const lastStart = queue?.history.findLast((minute) => minute.start_p95_ms !== null);
  return (
    <dl className={styles.charts}>
      <Chart
        name="Oldest wait"
        now={!queue || queue.oldest_wait_ms === null ? "none" : lengthWords(queue.oldest_wait_ms)}
        note="Of the start that waits longest"
        tone="wait"
        values={queue?.history.map((minute) => minute.oldest_wait_ms ?? 0) ?? []}
      />
      <Chart
        name="Click to running, p95"
        now={lastStart?.start_p95_ms ? lengthWords(lastStart.start_p95_ms) : "–"}
        note="Of each minute’s starts"
        values={queue?.history.map((minute) => minute.start_p95_ms) ?? []}
      />
      <Chart
        name="Jobs finished"
        now={`${figure(queue?.per_minute ?? 0)} a minute`}
        note={`${figure(queue?.workers ?? 0)} workers live`}
        values={queue?.history.map((minute) => minute.finished) ?? []}
      />
      <Chart
        name="Calls, p95"
        now={millis(last("call_p95_ms"))}
        note={`${figure(history.at(-2)?.calls ?? 0)} calls in the last full minute`}
        values={history.map((minute) => minute.call_p95_ms)}
      />
      <Chart
        name="Database connections"
        now={`${figure(busy)} of ${figure(most)}`}
        note="Busy, of those that may be open"
        values={history.map((minute) => minute.pool_busy)}
      />
      <Chart
        name="Streams and viewers"
        now={`${figure(sum((process) => process.event_streams))} + ${figure(sum((process) => process.viewers))}`}
        note={`Events told within ${millis(last("event_p95_ms"))}, p95`}
        values={history.map((minute) => added(minute.event_streams, minute.viewers))}
      />
      <Chart
        name="Desktops’ CPU"
        now={percent(last("engine_cpu_percent"))}
        note="In percent of one core, all nodes"
        values={history.map((minute) => minute.engine_cpu_percent)}
      />
      <Chart
        name="Desktops’ memory"
        now={bytes(last("engine_memory_bytes"))}
        note={`Berth itself ${bytes(sum((process) => process.memory_bytes))}`}
        values={history.map((minute) => minute.engine_memory_bytes)}
      />
    </dl>
  );
}

interface ChartProps {
  name: string;
  now: string;
  note: string;
  values: (number | null)[];
  tone?: "accent" | "wait";
}

function Chart({ name, now, note, values, tone }: ChartProps) {
  return (
    <div className={`card ${styles.chart}`}>
      <dt>{name}</dt>
      <dd>{now}</dd>
      <dd>
        <Sparkline values={values} tone={tone} label={`${name} in the last 30 minutes, now ${now}`} />
        {note}
      </dd>
    </div>
  );
}

function added(a: number | null, b: number | null): number | null {
  return a === null && b === null ? null : (a ?? 0) + (b ?? 0);
}
