// A list without jobs: why there are none, and the way back when it is the filter.
import { Button } from "@/components/ui/Button";
import { useNow } from "@/lib/time/ticker";
import { moment } from "@/features/admin/words";
import { useLastEnded } from "../api";
import { isNarrowed, tabOf } from "../filters";
import { useQueueContext } from "../QueueContext";
import { JOB_STATE } from "../states";
import styles from "./NoJobs.module.css";

export function NoJobs() {
  const { filter, setFilter } = useQueueContext();
  if (isNarrowed(filter))
    return (
      <div className={styles.none}>
        <p>No job matches.</p>
        <Button size="sm" onClick={() => setFilter({})}>
          Clear the filters
        </Button>
      </div>
    );
  const tab = tabOf(filter);
  return (
    <div className={styles.none}>
      <p>
        {tab && tab !== "available" ? JOB_STATE[tab].none : "The queue is empty."}{" "}
        {(!tab || tab === "available") && <LastEnded />}
      </p>
    </div>
  );
}

function LastEnded() {
  const last = useLastEnded();
  const now = useNow();
  if (last.data === undefined) return null;
  return last.data === null
    ? "Starts, stops and clean-ups show up here."
    : `The last job ended at ${moment(Date.parse(last.data), now)}.`;
}
