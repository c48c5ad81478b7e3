// The last half hour at a glance: one small chart for each thing that users would feel or that could run out.
import figures from "@/features/queue/components/Figures.module.css";
import { Sparkline } from "@/features/queue/components/Sparkline";
import type { AdminQueue, Operations } from "@/lib/api";
import { figure, many } from "@/lib/figures";
import { lengthWords } from "@/lib/time/words";
import { bytes, millis, percent, withUnit } from "../words";
import styles from "../OperationsPage.module.css";

interface ChartsProps {
  operations: Operations;
  /** Comes by itself, and may come later. */
  queue: AdminQueue | undefined;
}

/** A wait above this line is worth a look. */
const LONG_WAIT_MS = 30_000;

export function Charts({ operations: { history, processes }, queue }: ChartsProps) {
  const sum = (of: (process: Operations["processes"][number]) => number) =>
    processes.reduce((all, process) => all + of(process), 0);
  const unknown = processes.length === 0;
  const busy = sum((process) => process.pool_busy);
  const streams = sum((process) => process.event_streams);
  const viewers = sum((process) => process.viewers);
  const last = <K extends keyof Operations["history"][number]>(key: K) =>
    history.findLast((minute) => minute[key] !== null)?.[key] ?? null;
  const lastStart = queue?.history.findLast((minute) => minute.start_p95_ms !== null)?.start_p95_ms ?? null;
  const delay = last("event_p95_ms");
  return (
    <dl className={`${figures.figures} ${styles.charts}`}>
      <Chart
        name="Oldest wait"
        now={!queue ? "–" : queue.oldest_wait_ms === null ? "None" : lengthWords(queue.oldest_wait_ms)}
        note="The start that waits longest; dashed: 30 s"
        tone="wait"
        mark={LONG_WAIT_MS}
        say={lengthWords}
        values={queue?.history.map((minute) => minute.oldest_wait_ms ?? 0) ?? []}
        live={queue?.oldest_wait_ms}
      />
      <Chart
        name="Click to running, p95"
        now={lastStart === null ? "–" : lengthWords(lastStart)}
        note={lastStart === null ? "No start in the last 30 min" : "Of each minute’s starts"}
        say={lengthWords}
        values={queue?.history.map((minute) => minute.start_p95_ms) ?? []}
      />
      <Chart
        name="Jobs finished"
        now={queue ? `${figure(queue.per_minute)} / min` : "–"}
        note={queue ? (queue.workers === 0 ? "No worker is running" : `By ${many(queue.workers, "worker")}`) : ""}
        say={figure}
        values={queue?.history.map((minute) => minute.finished) ?? []}
        live={queue?.per_minute}
      />
      <Chart
        name="Time to answer a call, p95"
        now={millis(last("call_p95_ms"))}
        note={`${many(history.at(-2)?.calls ?? 0, "call")} in the last full minute`}
        say={millis}
        values={history.map((minute) => minute.call_p95_ms)}
      />
      <Chart
        name="Database connections"
        now={unknown ? "–" : `${figure(busy)} of ${figure(sum((process) => process.pool_max))}`}
        note="Busy, of those that may be open"
        say={figure}
        values={history.map((minute) => minute.pool_busy)}
        live={busy}
      />
      <Chart
        name="Streams and viewers"
        now={unknown ? "–" : figure(streams + viewers)}
        note={`${many(streams, "stream")}, ${many(viewers, "viewer")}${delay === null ? "" : `; events in ${millis(delay)}`}`}
        say={figure}
        values={history.map((minute) => added(minute.event_streams, minute.viewers))}
        live={streams + viewers}
      />
      <Chart
        name="Desktops’ CPU"
        now={percent(last("engine_cpu_percent"))}
        note="On all nodes; 100 % is one core"
        say={percent}
        values={history.map((minute) => minute.engine_cpu_percent)}
      />
      <Chart
        name="Desktops’ memory"
        now={bytes(last("engine_memory_bytes"))}
        note={`On all nodes; Berth itself ${bytes(unknown ? null : sum((process) => process.memory_bytes))}`}
        say={bytes}
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
  /** The figure now, where it is newer than the last of the values. */
  live?: number | null;
  say: (value: number) => string;
  tone?: "accent" | "wait";
  mark?: number;
}

function Chart({ name, now, note, values, live = null, say, tone, mark }: ChartProps) {
  const known = [...values, live].filter((value) => value !== null);
  // The chart has no axis: this is how high it goes.
  const most = known.length > 0 && Math.max(...known) > 0 ? `most ${say(Math.max(...known))}` : null;
  const [number, unit] = withUnit(now);
  return (
    <div className={`card ${figures.figure}`}>
      <dt>
        {name} {most && <span>{most}</span>}
      </dt>
      <dd>
        {number}
        {unit && <small> {unit}</small>}
      </dd>
      <dd className={figures.chart}>
        <Sparkline
          values={values}
          tone={tone}
          mark={mark}
          label={`${name} in the last 30 minutes, now ${now}${most === null ? "" : `, ${most}`}`}
        />
      </dd>
      <dd className={`${figures.note} ${styles.note}`} title={note}>
        {note}
      </dd>
    </div>
  );
}

function added(a: number | null, b: number | null): number | null {
  return a === null && b === null ? null : (a ?? 0) + (b ?? 0);
}
