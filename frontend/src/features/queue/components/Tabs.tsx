// The states as tabs, with how many jobs are in each. While something else narrows the list the counts would not be
// true, so they are left out.
import styles from "@/components/ui/Tabs.module.css";
import type { JobState, QueueCounts } from "@/lib/api";
import { figure } from "@/lib/figures";
import { Link } from "@/lib/router";
import { address, tabOf } from "../filters";
import { useQueueContext } from "../QueueContext";
import { JOB_STATE, STATES } from "../states";

/** Those that want somebody's eye when there are any. */
const ALARM: Partial<Record<JobState, string | undefined>> = { retryable: styles.warn, discarded: styles.bad };

export function Tabs({ counts }: { counts: QueueCounts | undefined }) {
  const { filter, openId } = useQueueContext();
  const present = tabOf(filter);
  const all = counts && Object.values(counts).reduce((sum, n) => sum + n, 0);
  const tab = (state: JobState | null, word: string, n: number | undefined) => (
    <Link
      key={word}
      to={address({ filter: { ...filter, state: state ?? undefined }, job: openId })}
      aria-current={present === state && (state !== null || !filter.state) ? "true" : undefined}
      replace
    >
      {word} {n !== undefined && <span className={(n > 0 && state && ALARM[state]) || styles.count}>{figure(n)}</span>}
    </Link>
  );
  return (
    <nav className={styles.tabs} aria-label="State">
      {tab(null, "All", all)}
      {STATES.map((state) => tab(state, JOB_STATE[state].word, counts?.[state]))}
    </nav>
  );
}
