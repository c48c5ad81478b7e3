// The two letters that stand for a person; the name is always beside them.
import { letters } from "@/features/session/api";
import styles from "./Avatar.module.css";

export function Avatar({ name, small }: { name: string; small?: boolean }) {
  return (
    <span className={small ? `${styles.avatar} ${styles.small}` : styles.avatar} aria-hidden="true">
      {letters(name)}
    </span>
  );
}
