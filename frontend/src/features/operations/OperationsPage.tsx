// The operations page, for operators and administrators: desktops, waits, throughput, connections, processes, engines and
// the slowest calls, live, for who has no Prometheus or does not want to open it.
import { Banner } from "@/components/ui/Banner";
import { PageFailed } from "@/components/ui/PageFailed";
import { useAdminEvents } from "@/features/admin/useAdminEvents";
import { useAdminQueue } from "@/features/admin/useAdminQueue";
import { clock, exact } from "@/lib/time/words";
import { useDelayed } from "@/lib/useDelayed";
import { useTitle } from "@/lib/useTitle";
import { useOperations } from "./api";
import { Calls } from "./components/Calls";
import { Charts } from "./components/Charts";
import { Desktops } from "./components/Desktops";
import { Engines, Processes } from "./components/Tables";
import { Waiting } from "./components/Waiting";
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
        whole
        what="The figures could not be loaded"
        error={operations.error}
        busy={operations.isFetching}
        onRetry={() => void refetch()}
      />
    );
  const at = data && Date.parse(data.at);
  return (
    <>
      <div className={styles.head}>
        <h1>Operations</h1>
        <p>All processes together; the charts show the last 30 minutes.</p>
        {at !== undefined && (
          <span className={styles.at} title={exact(at)}>
            As of {clock(at)}
          </span>
        )}
      </div>
      {at !== undefined && operations.isError && (
        <Banner tone="warn" icon="warn">
          <b>These figures are from {clock(at)}.</b> Newer ones could not be loaded; Berth is asked again every few
          seconds.
        </Banner>
      )}
      {!data && late && <Waiting />}
      {data && (
        <>
          <Desktops counts={data.desktops} />
          <Charts operations={data} queue={queue.data} />
          <Engines engines={data.engines} />
          <Processes processes={data.processes} />
          <div className={styles.two}>
            <Calls title="Slowest calls" head="Call" calls={data.calls} />
            <Calls title="Slowest calls to engines" head="Engine’s call" calls={data.engine_calls} />
          </div>
        </>
      )}
    </>
  );
}
