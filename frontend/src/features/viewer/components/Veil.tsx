// The card over the last picture: says what is so and what can be done. It takes the focus when it comes, so that
// keys no longer go nowhere and screen readers read it; it is not a trap, the bar stays within reach.
import { useEffect, useId, useRef, type ReactNode } from "react";
import styles from "./Veil.module.css";

interface VeilProps {
  /** What e2e tests and style sheets know it by. */
  kind: "connecting" | "lost" | "ended" | "failed";
  title: string;
  /** Above the title: a drawing or a status. */
  mark?: ReactNode;
  text: ReactNode;
  actions?: ReactNode;
  fine?: ReactNode;
  /** Comes after a moment: what heals at once is not worth a word. */
  late?: boolean;
}

export function Veil({ kind, title, mark, text, actions, fine, late = false }: VeilProps) {
  const id = useId();
  const section = useRef<HTMLElement>(null);
  useEffect(() => section.current?.focus({ preventScroll: true }), []);
  return (
    <section
      ref={section}
      className={late ? `${styles.veil} ${styles.late}` : styles.veil}
      role="alertdialog"
      tabIndex={-1}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      data-testid="viewer-overlay"
      data-kind={kind}
    >
      <div className={styles.notice}>
        {mark}
        <h2 id={`${id}-title`}>{title}</h2>
        <div className={styles.text} id={`${id}-text`}>
          {text}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
        {fine && <p className={styles.fine}>{fine}</p>}
      </div>
    </section>
  );
}
