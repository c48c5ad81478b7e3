// The differences while they load, in the rows' shape. Nothing at all for the first 300 ms.
import { Skeleton } from "@/components/ui/Skeleton";
import { useDelayed } from "@/lib/useDelayed";
import styles from "./Difference.module.css";

export function DriftSkeleton() {
  if (!useDelayed(true)) return <div aria-busy="true" />;
  return (
    <div aria-busy="true">
      <p className="sr">Loading the differences</p>
      {[0, 1].map((row) => (
        <div key={row} className={`card ${styles.difference}`} aria-hidden="true">
          {[0, 1].map((side) => (
            <div key={side} className={styles.side} style={{ gridColumn: side === 1 ? 3 : 1 }}>
              <Skeleton width="90px" />
              <br />
              <Skeleton width="160px" height="15px" />
            </div>
          ))}
          <div className={styles.actions}>
            <Skeleton width="150px" height="26px" />
          </div>
        </div>
      ))}
    </div>
  );
}
