// Berth's mark: a hull in its slot.
import styles from "./Mark.module.css";

export function Mark() {
  return (
    <span className={styles.mark}>
      <svg viewBox="0 0 32 32" fill="none" aria-hidden="true">
        <path
          stroke="currentColor"
          d="M6 5v17a5 5 0 0 0 5 5h10a5 5 0 0 0 5-5V5"
          strokeWidth="3.2"
          strokeLinecap="round"
        />
        <path
          fill="var(--buoy)"
          d="M16 3.5c3 2.8 4.6 6 4.6 9.6v8.2a1.3 1.3 0 0 1-1.3 1.3h-6.6a1.3 1.3 0 0 1-1.3-1.3v-8.2c0-3.6 1.6-6.8 4.6-9.6Z"
        />
      </svg>
      <b>Berth</b>
    </span>
  );
}
