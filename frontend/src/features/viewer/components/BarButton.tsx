// A control of the bar: icon and, where there is room, a word. Its label says more than the word.
import type { ButtonHTMLAttributes, ReactElement, Ref } from "react";
import { Icon, type IconName } from "@/components/ui/Icon";
import styles from "./Bar.module.css";

interface BarButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** A name from the set, or a drawing of the viewer's own. */
  icon: IconName | ReactElement;
  word?: string;
  /** Left out on narrow screens. */
  secondary?: boolean;
  stop?: boolean;
  ref?: Ref<HTMLButtonElement>;
  "aria-label": string;
}

export function BarButton({ icon, word, secondary, stop, ...rest }: BarButtonProps) {
  const className = [styles.control, secondary && styles.secondary, stop && styles.stop].filter(Boolean).join(" ");
  return (
    <button type="button" title={rest["aria-label"]} {...rest} className={className}>
      {typeof icon === "string" ? <Icon name={icon} /> : icon}
      {word && <span className={styles.word}>{word}</span>}
    </button>
  );
}
