// The calls that took longest in the last 10 minutes.
import table from "@/components/ui/Table.module.css";
import type { CallTimes } from "@/lib/api";
import { figure } from "@/lib/figures";
import { millis } from "../words";
import styles from "../OperationsPage.module.css";

interface CallsProps {
  title: string;
  what: string;
  calls: CallTimes[];
}

export function Calls({ title, what, calls }: CallsProps) {
  return (
    <section className={`card ${styles.table}`}>
      <h2>{title}</h2>
      {calls.length === 0 ? (
        <p className={styles.none}>None in the last 10 minutes.</p>
      ) : (
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col">{what}</th>
              <th scope="col">Calls</th>
              <th scope="col">p50</th>
              <th scope="col">p95</th>
              <th scope="col">p99</th>
            </tr>
          </thead>
          <tbody>
            {calls.map((call) => (
              <tr key={call.call}>
                <td>
                  <code>{call.call}</code>
                </td>
                <td>{figure(call.n)}</td>
                <td>{millis(call.p50_ms)}</td>
                <td>{millis(call.p95_ms)}</td>
                <td>{millis(call.p99_ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
