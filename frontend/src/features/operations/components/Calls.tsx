// The calls that took longest in the last 10 minutes.
import type { CallTimes } from "@/lib/api";
import { figure } from "@/lib/figures";
import { millis } from "../words";
import { FactsTable, type Fact } from "./FactsTable";

interface CallsProps {
  title: string;
  head: string;
  calls: CallTimes[];
}

const TIMES: Fact<CallTimes>[] = [
  { head: "Times", figure: true, of: ({ n }) => figure(n) },
  { head: "p50", figure: true, of: ({ p50_ms }) => millis(p50_ms) },
  { head: "p95", figure: true, of: ({ p95_ms }) => millis(p95_ms) },
  { head: "p99", figure: true, of: ({ p99_ms }) => millis(p99_ms) },
];

export function Calls({ title, head, calls }: CallsProps) {
  return (
    <FactsTable
      title={title}
      aside="last 10 min, by p95"
      rows={calls}
      id={({ call }) => call}
      facts={[{ head, of: ({ call }) => <code>{call}</code> }, ...TIMES]}
      none="None in the last 10 minutes."
    />
  );
}
