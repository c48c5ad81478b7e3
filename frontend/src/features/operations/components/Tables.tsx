// Engines and processes, a line each.
import table from "@/components/ui/Table.module.css";
import type { Operations } from "@/lib/api";
import { figure } from "@/lib/figures";
import { bytes, percent } from "../words";
import styles from "../OperationsPage.module.css";

export function Engines({ engines }: { engines: Operations["engines"] }) {
  return (
    <section className={`card ${styles.table}`}>
      <h2>Engines</h2>
      {engines.length === 0 ? (
        <p className={styles.none}>No worker has told of an engine yet.</p>
      ) : (
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col">Node</th>
              <th scope="col">Answers</th>
              <th scope="col">Desktops’ CPU</th>
              <th scope="col">Desktops’ memory</th>
              <th scope="col">Engine itself</th>
              <th scope="col">Host ports</th>
            </tr>
          </thead>
          <tbody>
            {engines.map((engine) => (
              <tr key={engine.node}>
                <td>{engine.node}</td>
                <td>{engine.up ? "Yes" : "No"}</td>
                <td>{percent(engine.cpu_percent)}</td>
                <td>{bytes(engine.memory_bytes)}</td>
                <td>
                  {engine.engine_memory_bytes === null
                    ? "Not seen from here"
                    : `${percent(engine.engine_cpu_percent)}, ${bytes(engine.engine_memory_bytes)}`}
                </td>
                <td>
                  {figure(engine.ports)} {engine.port_range !== null && `of ${figure(engine.port_range)}`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

export function Processes({ processes }: { processes: Operations["processes"] }) {
  return (
    <section className={`card ${styles.table}`}>
      <h2>Processes</h2>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Part</th>
            <th scope="col">Node</th>
            <th scope="col">CPU</th>
            <th scope="col">Memory</th>
            <th scope="col">Database connections</th>
            <th scope="col">Streams</th>
            <th scope="col">Viewers</th>
          </tr>
        </thead>
        <tbody>
          {processes.map((process) => (
            <tr key={process.id}>
              <td>{process.part}</td>
              <td>{process.node}</td>
              <td>{percent(process.cpu_percent)}</td>
              <td>{bytes(process.memory_bytes)}</td>
              <td>
                {figure(process.pool_busy)} busy, {figure(process.pool_idle)} idle, {figure(process.pool_max)} at most
              </td>
              <td>{process.part === "worker" ? "–" : figure(process.event_streams)}</td>
              <td>{process.part === "worker" ? "–" : figure(process.viewers)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
