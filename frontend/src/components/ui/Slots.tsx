// The slot: a small dock seen from above, open at the top, filled when something lies in it.
// Stands for quota, start slots and a place in line, and for nothing else.
import styles from "./Slots.module.css";

interface SlotsProps {
  filled: number;
  total: number;
  /** The last filled one is mine: a place in line. */
  mine?: boolean;
  /** The numbers in words. */
  label: string;
}

export function Slots({ filled, total, mine = false, label }: SlotsProps) {
  return (
    <span className={styles.slots} role="img" aria-label={label}>
      {Array.from({ length: total }, (_, index) => {
        const on = index < filled;
        const me = mine && index === filled - 1;
        return <i key={index} className={me ? styles.me : on ? styles.on : undefined} />;
      })}
    </span>
  );
}
