// The list while it loads, in the rows' shape. Nothing at all for the first 300 ms.
import { Skeleton } from "@/components/ui/Skeleton";
import { useDelayed } from "@/lib/useDelayed";
import rowStyles from "./DesktopRow.module.css";
import styles from "./ListSkeleton.module.css";

export function ListSkeleton() {
  if (!useDelayed(true)) return <div aria-busy="true" />;
  return (
    <div aria-busy="true">
      <p className="sr">Loading your desktops</p>
      <ul className={styles.list} aria-hidden="true">
        {[0, 1, 2].map((row) => (
          <li key={row} className={`card ${rowStyles.row}`}>
            <div className={styles.picture}>
              <Skeleton height="100%" />
            </div>
            <div className={rowStyles.main}>
              <Skeleton width="170px" height="16px" className={styles.title} />
              <Skeleton width="260px" className={styles.line} />
              <Skeleton width="200px" className={styles.line} />
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}
