// Engines and processes, a line each.
import { StatusPill } from "@/components/ui/StatusPill";
import type { Operations } from "@/lib/api";
import { figure } from "@/lib/figures";
import { bytes, PART, percent } from "../words";
import { FactsTable, type Fact } from "./FactsTable";

const ENGINE: Fact<Operations["engines"][number]>[] = [
  { head: "Node", of: ({ node }) => node },
  {
    head: "State",
    of: ({ up }) =>
      up ? (
        <StatusPill tone="ok" icon="dotfull">
          Answers
        </StatusPill>
      ) : (
        <StatusPill tone="bad" icon="warn">
          Does not answer
        </StatusPill>
      ),
  },
  { head: "Desktops’ CPU", figure: true, of: ({ cpu_percent }) => percent(cpu_percent) },
  { head: "Desktops’ memory", figure: true, of: ({ memory_bytes }) => bytes(memory_bytes) },
  { head: "Engine’s own CPU", figure: true, of: ({ engine_cpu_percent }) => percent(engine_cpu_percent) },
  { head: "Engine’s own memory", figure: true, of: ({ engine_memory_bytes }) => bytes(engine_memory_bytes) },
  {
    head: "Host ports",
    figure: true,
    of: ({ ports, port_range }) => (port_range === null ? figure(ports) : `${figure(ports)} of ${figure(port_range)}`),
  },
];

export function Engines({ engines }: { engines: Operations["engines"] }) {
  const unseen = engines.some((engine) => engine.up && engine.engine_memory_bytes === null);
  return (
    <FactsTable
      title="Engines"
      aside={unseen ? "own figures only where an engine runs beside a worker" : undefined}
      rows={engines}
      id={({ node }) => node}
      facts={ENGINE}
      none={
        <>
          No worker has told of an engine yet. Start one with <code>berth worker</code>.
        </>
      }
    />
  );
}

type ProcessNow = Operations["processes"][number];

/** A worker alone has no pages and no viewers. */
const served = (process: ProcessNow, n: number) => (process.part === "worker" ? "–" : figure(n));

const PROCESS: Fact<ProcessNow>[] = [
  { head: "Part", of: ({ part }) => PART[part] ?? part },
  { head: "Node", of: ({ node }) => node },
  { head: "CPU", figure: true, of: ({ cpu_percent }) => percent(cpu_percent) },
  { head: "Memory", figure: true, of: ({ memory_bytes }) => bytes(memory_bytes) },
  {
    head: "Database connections busy",
    figure: true,
    of: ({ pool_busy, pool_max }) => `${figure(pool_busy)} of ${figure(pool_max)}`,
  },
  { head: "Streams", figure: true, of: (process) => served(process, process.event_streams) },
  { head: "Viewers", figure: true, of: (process) => served(process, process.viewers) },
];

export function Processes({ processes }: { processes: Operations["processes"] }) {
  return (
    <FactsTable
      title="Processes"
      aside="100 % is one core"
      rows={processes}
      id={({ id }) => id}
      facts={PROCESS}
      none="No process has written down its figures yet. Each does so every few seconds."
    />
  );
}
