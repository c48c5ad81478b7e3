// Below the table: how many are shown, and fifty more.
import { Button } from "@/components/ui/Button";
import styles from "@/components/ui/More.module.css";
import { figure } from "@/lib/figures";
import { zone } from "@/lib/time/words";
import type { JobList } from "../api";
import { useQueueContext } from "../QueueContext";

export function More({ list: { query, jobs }, held }: { list: JobList; held: boolean }) {
  const { offline } = useQueueContext();
  return (
    <div className={styles.more}>
      <span>
        {figure(jobs?.length ?? 0)} shown, newest first{held && "; updates are held"}. Times are those of {zone()}.
      </span>
      {query.hasNextPage && (
        <Button size="sm" busy={query.isFetchingNextPage} disabled={offline} onClick={() => void query.fetchNextPage()}>
          {query.isFetchNextPageError ? "That did not work: try again" : "Show 50 more"}
        </Button>
      )}
    </div>
  );
}
