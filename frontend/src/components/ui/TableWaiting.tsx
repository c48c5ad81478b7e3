// A table before its first answer, when there is none, and when nothing matches: skeletons in the rows' shape after
// 300 ms, what failed with a way to try again, or why there is nothing.
import type { ReactNode } from "react";
import { isApiError } from "@/lib/api";
import { useDelayed } from "@/lib/useDelayed";
import { Button } from "./Button";
import { PageFailed } from "./PageFailed";
import { Skeleton } from "./Skeleton";
import table from "./Table.module.css";
import styles from "./TableWaiting.module.css";

const WIDTHS = [120, 90, 150, 110, 80, 130, 100, 120];

export function TableSkeleton({ what, columns }: { what: string; columns: number }) {
  if (!useDelayed(true)) return <div aria-busy="true" />;
  return (
    <div aria-busy="true">
      <p className="sr">Loading {what}</p>
      <table className={`${table.table} ${styles.skeleton}`} aria-hidden="true">
        <tbody>
          {WIDTHS.map((width, row) => (
            <tr key={row}>
              {WIDTHS.slice(0, columns).map((more, column) => (
                <td key={column} className={column > 2 ? table.mid : undefined}>
                  <Skeleton width={`${column === 0 ? width : more}px`} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface TableFailedProps {
  what: string;
  error: unknown;
  busy: boolean;
  onRetry: () => void;
  /** The way out of a filter that the api does not know, from an old or mistyped address. */
  onClear?: () => void;
}

export function TableFailed({ what, error, busy, onRetry, onClear }: TableFailedProps) {
  if (onClear && isApiError(error) && error.status === 422)
    return (
      <TableEmpty action={<ClearFilters onClear={onClear} />} alert>
        {error.detail}
      </TableEmpty>
    );
  return (
    <div className={styles.failed}>
      <PageFailed what={what} error={error} busy={busy} onRetry={onRetry} />
    </div>
  );
}

export function TableEmpty({ children, action, alert }: { children: ReactNode; action?: ReactNode; alert?: boolean }) {
  return (
    <div className={styles.none} role={alert ? "alert" : undefined}>
      <p>{children}</p>
      {action}
    </div>
  );
}

export function ClearFilters({ onClear }: { onClear: () => void }) {
  return (
    <Button size="sm" onClick={onClear}>
      Clear the filters
    </Button>
  );
}
