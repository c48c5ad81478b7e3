// A part of a drawer under its own heading.
import type { ReactNode } from "react";
import styles from "./Section.module.css";

interface SectionProps {
  title: string;
  /** Small, at the heading's end. */
  aside?: ReactNode;
  children: ReactNode;
}

export function Section({ title, aside, children }: SectionProps) {
  return (
    <section className={styles.section} aria-label={title}>
      <h3>
        {title} {aside && <span>{aside}</span>}
      </h3>
      {children}
    </section>
  );
}
