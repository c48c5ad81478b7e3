// A table to read, not to open: a heading, and a line each. Below 760 px each line is a small card that names its cells.
import type { ReactNode } from "react";
import table from "@/components/ui/Table.module.css";
import styles from "../OperationsPage.module.css";

export interface Fact<T> {
  head: string;
  /** A number: to the right. */
  figure?: boolean;
  of: (row: T) => ReactNode;
}

interface FactsTableProps<T> {
  title: string;
  aside?: string;
  rows: T[];
  id: (row: T) => string;
  /** The first one says what the line is about. */
  facts: Fact<T>[];
  /** What stands there when there is no line. */
  none: ReactNode;
}

export function FactsTable<T>({ title, aside, rows, id, facts, none }: FactsTableProps<T>) {
  return (
    <section className={`card ${styles.table}`} aria-label={title}>
      <h2>
        {title} {aside && <span>{aside}</span>}
      </h2>
      {rows.length === 0 ? (
        <p className={styles.none}>{none}</p>
      ) : (
        <table
          className={facts.length > 5 ? `${table.table} ${styles.long}` : table.table}
          role="table"
          aria-label={title}
        >
          <thead>
            <tr role="row">
              {facts.map(({ head, figure }) => (
                <th key={head} scope="col" className={figure ? table.figure : undefined}>
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody role="rowgroup">
            {rows.map((row) => (
              <tr key={id(row)} role="row">
                {facts.map(({ head, figure, of }) => (
                  <td key={head} role="cell" data-head={head} className={figure ? table.figure : undefined}>
                    <span>{of(row)}</span>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
