// What happened to the job's desktop, newest first.
import { STATUS } from "@/features/desktops/status";
import type { Tone } from "@/components/ui/StatusPill";
import type { HistoryItem, JobDetail } from "@/lib/api";
import { serverNow } from "@/lib/time/clock";
import { exact, zone } from "@/lib/time/words";
import { moment } from "@/features/admin/words";
import heading from "./Attempts.module.css";
import styles from "./Timeline.module.css";

const DOT: Record<Tone, string | undefined> = {
  ok: styles.ok,
  bad: styles.bad,
  warn: styles.warn,
  work: styles.work,
  wait: styles.wait,
  idle: undefined,
};

export function Timeline({ job: { history } }: { job: JobDetail }) {
  return (
    <section>
      <h3 className={heading.heading}>
        Timeline <span>times in your zone, {zone()}</span>
      </h3>
      {history.length === 0 ? (
        <p className={heading.none}>Nothing is recorded any more.</p>
      ) : (
        <ol className={styles.timeline} role="list">
          {history.map((item) => (
            <Item key={item.id} item={item} />
          ))}
        </ol>
      )}
    </section>
  );
}

function Item({ item: { at, status, text, actor } }: { item: HistoryItem }) {
  const ms = Date.parse(at);
  return (
    <li className={DOT[STATUS[status].tone]}>
      <time dateTime={at} title={exact(ms)}>
        {moment(ms, serverNow())}
      </time>
      <span>
        {text || STATUS[status].word}
        {actor && ` ${actor}`}
      </span>
    </li>
  );
}
