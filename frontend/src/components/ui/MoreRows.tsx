// Below a table: what is shown, and fifty more.
import type { ReactNode } from "react";
import { Button } from "./Button";
import styles from "./More.module.css";

interface MoreRowsProps {
  children: ReactNode;
  /** What stands at the right when everything is shown. */
  end?: ReactNode;
  query: {
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    isFetchNextPageError: boolean;
    fetchNextPage: () => unknown;
  };
  offline: boolean;
}

export function MoreRows({ children, end, query, offline }: MoreRowsProps) {
  return (
    <div className={styles.more}>
      <span>{children}</span>
      {query.hasNextPage ? (
        <Button size="sm" busy={query.isFetchingNextPage} disabled={offline} onClick={() => void query.fetchNextPage()}>
          {query.isFetchNextPageError ? "That did not work: try again" : "Show 50 more"}
        </Button>
      ) : (
        end && <span>{end}</span>
      )}
    </div>
  );
}
