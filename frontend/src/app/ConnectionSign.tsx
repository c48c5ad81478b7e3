// "Live", or "Reconnecting", in the top bar.
import { usePhase, type ConnectionPhase } from "@/lib/events";
import styles from "./ConnectionSign.module.css";

const words: Record<ConnectionPhase, string> = { live: "Live", reconnecting: "Reconnecting", lost: "Reconnecting" };

export function ConnectionSign() {
  const phase = usePhase();
  return (
    <span className={phase === "live" ? styles.sign : `${styles.sign} ${styles.off}`} role="status">
      {words[phase]}
    </span>
  );
}
