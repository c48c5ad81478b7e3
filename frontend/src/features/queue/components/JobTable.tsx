// The table of jobs: 38 px a row, its head stays in sight, drawn in full up to two hundred rows and only where one looks
// from there on. Below 760 px each row is a small card.
import { Icon } from "@/components/ui/Icon";
import { useVisibleRows } from "@/components/ui/useVisibleRows";
import type { Job } from "@/lib/api";
import { figure } from "@/lib/figures";
import { JobRow } from "./JobRow";
import styles from "./JobTable.module.css";

interface JobTableProps {
  jobs: Job[];
  /** Rows that the filter no longer finds, kept because the table is in use. */
  left: ReadonlySet<string>;
  /** How many are there that are not shown. */
  arrived: number;
  onArrived: () => void;
  selected: Job[];
  onToggle: (ids: string[], on?: boolean) => void;
}

const COLUMNS = 10;

export function JobTable({ jobs, left, arrived, onArrived, selected, onToggle }: JobTableProps) {
  const { table, rows, before, after, measure } = useVisibleRows(jobs);
  const chosen = new Set(selected.map((job) => job.id));
  const all = jobs.length > 0 && chosen.size === jobs.length;
  return (
    <>
      {arrived > 0 && (
        <div className={styles.news}>
          <button type="button" onClick={onArrived}>
            <Icon name="down" size="sm" className={styles.up} /> {figure(arrived)} new
          </button>
        </div>
      )}
      <table className={styles.table} role="table" ref={table} aria-rowcount={jobs.length + 1}>
        <thead>
          <tr role="row" aria-rowindex={1}>
            <th scope="col" className={styles.check}>
              <input
                type="checkbox"
                aria-label={all ? "Select none" : `Select the ${figure(jobs.length)} jobs shown`}
                checked={all}
                ref={(box) => {
                  if (box) box.indeterminate = chosen.size > 0 && !all;
                }}
                onChange={() =>
                  onToggle(
                    jobs.map((job) => job.id),
                    !all,
                  )
                }
              />
            </th>
            <th scope="col">State</th>
            <th scope="col">Job</th>
            <th scope="col">User</th>
            <th scope="col" className={`${styles.figure} ${styles.mid}`}>
              Attempt
            </th>
            <th scope="col" className={styles.mid}>
              Worker
            </th>
            <th scope="col" className={styles.figure}>
              Time
            </th>
            <th scope="col" className={styles.why}>
              What it waits for, or its last error
            </th>
            <th scope="col" className={`${styles.figure} ${styles.mid}`}>
              Asked
            </th>
            <th scope="col">
              <span className="sr">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          <Gap height={before} />
          {rows.map(({ item: job, index }) => (
            <JobRow
              key={job.id}
              job={job}
              index={index}
              measure={measure}
              left={left.has(job.id)}
              selected={chosen.has(job.id)}
              onToggle={onToggle}
            />
          ))}
          <Gap height={after} />
        </tbody>
      </table>
    </>
  );
}

/** Stands for the rows that are not drawn. */
function Gap({ height }: { height: number }) {
  return height > 0 ? (
    <tr aria-hidden="true" className={styles.gap} style={{ height }}>
      <td colSpan={COLUMNS} />
    </tr>
  ) : null;
}
