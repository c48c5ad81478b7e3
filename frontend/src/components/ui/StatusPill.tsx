// A status: icon, word and colour together, so that no one of them has to carry it alone.
import { Icon, type IconName } from "./Icon";
import styles from "./StatusPill.module.css";

export type Tone = "ok" | "wait" | "work" | "warn" | "bad" | "idle";

interface StatusPillProps {
  tone: Tone;
  icon: IconName;
  spin?: boolean;
  children: string;
}

export function StatusPill({ tone, icon, spin, children }: StatusPillProps) {
  return (
    <span className={`${styles.pill} ${styles[tone]}`}>
      <Icon name={icon} size="sm" spin={spin} />
      {children}
    </span>
  );
}
