// An icon of the set, and the sprite that holds the set once a page.
// Icons are never the only sign: the word stands beside them, or the button has a label.
import styles from "./Icon.module.css";
import { icons, type IconName } from "./icons";

export type { IconName };

interface IconProps {
  name: IconName;
  size?: "sm" | "md" | "lg";
  /** Turns, for something under way. Stands still when less motion is asked for. */
  spin?: boolean;
  className?: string | undefined;
}

export function Icon({ name, size = "md", spin = false, className }: IconProps) {
  const classes = [styles.icon, styles[size], spin && styles.spin, className].filter(Boolean).join(" ");
  return (
    <svg className={classes} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <use href={`#i-${name}`} />
    </svg>
  );
}

/** Rendered once, at the root. */
export function Sprite() {
  return (
    <svg width="0" height="0" className={styles.sprite} aria-hidden="true">
      {Object.entries(icons).map(([name, drawing]) => (
        <symbol key={name} id={`i-${name}`} viewBox="0 0 16 16">
          {typeof drawing === "string" ? <path d={drawing} /> : drawing}
        </symbol>
      ))}
    </svg>
  );
}
