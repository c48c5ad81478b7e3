// The operations page, for operators and administrators: desktops, waits, throughput, connections, processes, engines and
// the slowest calls, live, for who has no Prometheus or does not want to open it.
import { PageFailed } from "@/components/ui/PageFailed";
import { Skeleton } from "@/components/ui/Skeleton";
import { useAdminEvents } from "@/features/admin/useAdminEvents";
import { useAdminQueue } from "@/features/admin/useAdminQueue";
import { useDelayed } from "@/lib/useDelayed";
import { useTitle } from "@/lib/useTitle";
import { useOperations } from "./api";
import { Calls } from "./components/Calls";
import { Charts } from "./components/Charts";
import { Desktops } from "./components/Desktops";
import { Engines, Processes } from "./components/Tables";
import styles from "./OperationsPage.module.css";

export function OperationsPage() {
  useTitle("Operations");
  const operations = useOperations();
  const queue = useAdminQueue();
  const late = useDelayed(!operations.data);
  const { data, refetch } = operations;
  // The queue’s figures come with the events; the rest by asking again.
  useAdminEvents({ onChange: () => undefined });
  if (!data && operations.isError)
    return (
      <PageFailed
        what="The figures could not be loaded"
        error={operations.error}
        busy={operations.isFetching}
        onRetry={() => void refetch()}
      />
    );
  return (
    <>
      <div className={styles.head}>
        <h1>Operations</h1>
        <p>All processes together; the charts show the last 30 minutes</p>
      </div>
      {!data && late && <Skeleton width="100%" height="98px" />}
      {data && (
        <>
          <Desktops counts={data.desktops} />
          <Charts operations={data} queue={queue.data} />
          <Engines engines={data.engines} />
          <Processes processes={data.processes} />
          <div className={styles.two}>
            <Calls title="Slowest calls" what="Call" calls={data.calls} />
            <Calls title="Slowest calls to engines" what="Engine’s call" calls={data.engine_calls} />
          </div>
        </>
      )}
    </>
  );
}
