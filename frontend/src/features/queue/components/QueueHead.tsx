// The page's first line: whether the queue takes jobs, and the button that holds or releases it.
import { Button } from "@/components/ui/Button";
import { StatusPill } from "@/components/ui/StatusPill";
import { toast } from "@/components/ui/Toast";
import { useHoldQueue } from "@/features/admin/useAdminQueue";
import type { AdminQueue } from "@/lib/api";
import { CONNECTION_BANNER_ID } from "@/lib/events";
import { useQueueContext } from "../QueueContext";
import { words } from "../useSteering";
import styles from "./QueueHead.module.css";

export function QueueHead({ queue }: { queue: AdminQueue | undefined }) {
  const { offline } = useQueueContext();
  const hold = useHoldQueue();
  return (
    <div className={styles.head}>
      <h1>Queue</h1>
      {queue && <State queue={queue} />}
      {queue && !queue.paused && (
        <Button
          className={styles.button}
          icon="pause"
          busy={hold.isPending}
          disabled={offline}
          aria-describedby={offline ? CONNECTION_BANNER_ID : undefined}
          onClick={() =>
            hold.mutate("pause", { onError: (error) => toast(`The queue was not paused. ${words(error)}`) })
          }
        >
          <span>
            Pause <span className={styles.wide}>queue</span>
          </span>
        </Button>
      )}
    </div>
  );
}

function State({ queue: { paused, workers, nodes } }: { queue: AdminQueue }) {
  if (paused)
    return (
      <StatusPill tone="warn" icon="pause">
        Paused
      </StatusPill>
    );
  if (workers === 0)
    return (
      <StatusPill tone="bad" icon="warn">
        No worker
      </StatusPill>
    );
  if (nodes.length > 0 && nodes.every((node) => !node.engine_up))
    return (
      <StatusPill tone="bad" icon="warn">
        Engine down
      </StatusPill>
    );
  return (
    <StatusPill tone="ok" icon="dotfull">
      Taking jobs
    </StatusPill>
  );
}
