// What happened to a desktop, newest first, with exact times.
import { useRef } from "react";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { Skeleton } from "@/components/ui/Skeleton";
import type { Tone } from "@/components/ui/StatusPill";
import type { Desktop, HistoryItem } from "@/lib/api";
import { clock, exact, zone } from "@/lib/time/words";
import { useDelayed } from "@/lib/useDelayed";
import { useHistory } from "../api/useHistory";
import { STATUS } from "../status";
import { dayOf } from "../history";
import styles from "./dialogs.module.css";

const DOT: Record<Tone, string | undefined> = {
  ok: styles.ok,
  bad: styles.bad,
  warn: styles.warn,
  work: styles.work,
  wait: styles.wait,
  idle: undefined,
};

export function HistoryDialog({ desktop, onClose }: { desktop: Desktop; onClose: () => void }) {
  const history = useHistory(desktop.id);
  const close = useRef<HTMLButtonElement>(null);
  const items = history.data?.pages.flatMap((page) => page.items);
  const late = useDelayed(history.isPending);
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={`What happened to “${desktop.name}”`}
      text={`Newest first. Times are those of ${zone()}.`}
      initialFocus={close}
      actions={
        <Button ref={close} onClick={onClose}>
          Close
        </Button>
      }
    >
      <div className={styles.scroll}>
        {late && <Skeleton height="90px" />}
        {history.isError && !items && (
          <p className={styles.error} role="alert">
            This could not be loaded.{" "}
            <Button size="sm" onClick={() => void history.refetch()}>
              Try again
            </Button>
          </p>
        )}
        {items?.length === 0 && <p className={styles.none}>Nothing is recorded any more.</p>}
        {items && items.length > 0 && (
          <ol className={styles.history}>
            {items.map((item, index) => (
              <Item key={item.id} item={item} before={items[index - 1]} />
            ))}
          </ol>
        )}
        {history.hasNextPage && (
          <Button size="sm" busy={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
            Show 50 more
          </Button>
        )}
      </div>
    </Dialog>
  );
}

function Item({ item, before }: { item: HistoryItem; before: HistoryItem | undefined }) {
  const at = Date.parse(item.at);
  const day = dayOf(at);
  const newDay = !before || dayOf(Date.parse(before.at)) !== day;
  return (
    <>
      {newDay && <li className={styles.day}>{day}</li>}
      <li className={DOT[STATUS[item.status].tone]}>
        <time dateTime={item.at} title={exact(at)}>
          {clock(at)}
        </time>
        <span>
          {item.text || STATUS[item.status].word}
          {item.actor && <span className={styles.actor}> {item.actor}</span>}
        </span>
      </li>
    </>
  );
}
