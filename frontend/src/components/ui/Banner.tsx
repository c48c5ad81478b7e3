// A strip that says what is so for the whole page or form. Red is `alert`, the rest `status`.
import type { ReactNode } from "react";
import styles from "./Banner.module.css";
import { Icon, type IconName } from "./Icon";

interface BannerProps {
  tone: "warn" | "bad" | "info";
  icon: IconName;
  children: ReactNode;
  action?: ReactNode;
  id?: string;
  /** In a form: no margin of its own, the icon at the first line. */
  inForm?: boolean;
}

const roles = { warn: "status", bad: "alert", info: "status" } as const;

export function Banner({ tone, icon, children, action, id, inForm }: BannerProps) {
  return (
    <div
      className={[styles.banner, styles[tone], inForm && styles.inForm].filter(Boolean).join(" ")}
      role={roles[tone]}
      id={id}
    >
      <Icon name={icon} className={styles.icon} />
      <p>{children}</p>
      {action}
    </div>
  );
}
