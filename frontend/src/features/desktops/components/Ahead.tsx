// A place in line, drawn: the start slots that are busy, then the starts ahead and one's own.
import { Slots } from "@/components/ui/Slots";
import type { QueueInfo } from "@/lib/api";
import { many } from "@/lib/figures";
import { useWorsePlace } from "../useWorsePlace";
import styles from "./Ahead.module.css";

/** More than this many are said in words only. */
const DRAWN = 10;

export function Ahead({ queue }: { queue: QueueInfo }) {
  const { slots, ahead } = queue;
  const worse = useWorsePlace(queue);
  return (
    <div className={styles.ahead}>
      {slots.total > 0 && slots.total <= DRAWN && (
        <>
          <span>
            <Slots filled={slots.busy} total={slots.total} label={`${slots.busy} of ${slots.total} start slots busy`} />{" "}
            starting now
          </span>
          <span className={styles.gap} />
        </>
      )}
      <span>
        {ahead < DRAWN && (
          <Slots filled={ahead + 1} total={ahead + 1} mine label={`${many(ahead, "start")}, then yours`} />
        )}{" "}
        {ahead === 0 ? "you are next" : `${ahead} ahead, then you`}
      </span>
      {worse && <span className={styles.worse}>{worse}</span>}
    </div>
  );
}
