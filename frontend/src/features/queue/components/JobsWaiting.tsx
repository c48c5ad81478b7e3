// The table before its first answer, and when there is none: skeletons in the rows' shape after 300 ms, or what failed.
import { PageFailed } from "@/components/ui/PageFailed";
import { Skeleton } from "@/components/ui/Skeleton";
import { useDelayed } from "@/lib/useDelayed";
import { isApiError } from "@/lib/api";
import { Button } from "@/components/ui/Button";
import { useQueueContext } from "../QueueContext";
import table from "./JobTable.module.css";
import styles from "./NoJobs.module.css";

const ROWS = [120, 90, 150, 110, 80, 130, 100, 120];

export function JobsSkeleton() {
  if (!useDelayed(true)) return <div aria-busy="true" />;
  return (
    <div aria-busy="true">
      <p className="sr">Loading the jobs</p>
      <table className={`${table.table} ${styles.skeleton}`} aria-hidden="true">
        <tbody>
          {ROWS.map((width, index) => (
            <tr key={index}>
              <td>
                <Skeleton width="84px" height="16px" />
              </td>
              <td>
                <Skeleton width={`${width}px`} />
              </td>
              <td className={table.mid}>
                <Skeleton width={`${width - 10}px`} />
              </td>
              <td className={table.mid}>
                <Skeleton width="60px" />
              </td>
              <td className={table.why}>
                <Skeleton width={`${width * 2}px`} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function JobsFailed({ error, busy, onRetry }: { error: unknown; busy: boolean; onRetry: () => void }) {
  const { setFilter } = useQueueContext();
  // A filter that the api does not know, from an old or mistyped address.
  if (isApiError(error) && error.status === 422)
    return (
      <div className={styles.none} role="alert">
        <p>{error.detail}</p>
        <Button size="sm" onClick={() => setFilter({})}>
          Clear the filters
        </Button>
      </div>
    );
  return (
    <div className={styles.failed}>
      <PageFailed what="The jobs could not be loaded" error={error} busy={busy} onRetry={onRetry} />
    </div>
  );
}
