// The mooring line: one stop for each step of a start, measured; solid behind, dashed ahead.
import type { Desktop } from "@/lib/api";
import { useNow } from "@/lib/time/ticker";
import { rail, type StopState } from "../rail";
import styles from "./Rail.module.css";

const LOOK: Record<StopState, string | undefined> = {
  done: styles.done,
  now: styles.now,
  waiting: `${styles.now} ${styles.waiting}`,
  ahead: undefined,
  failed: styles.fail,
};

export function Rail({ desktop }: { desktop: Desktop }) {
  const stops = rail(desktop, useNow());
  if (!stops) return null;
  return (
    <ol className={styles.rail} aria-label="Progress of this start">
      {stops.map(({ name, state, note }) => (
        <li
          key={name}
          className={LOOK[state]}
          aria-current={state === "now" || state === "waiting" ? "step" : undefined}
        >
          <b>{name}</b>
          {note}
        </li>
      ))}
    </ol>
  );
}
