// A part of the account page: on the left what it is, on the right what can be done; one above the other when narrow.
import { useId, type ReactNode } from "react";
import styles from "./Part.module.css";

interface PartProps {
  title: string;
  text: ReactNode;
  children: ReactNode;
}

export function Part({ title, text, children }: PartProps) {
  const id = useId();
  return (
    <section className={`card ${styles.part}`} aria-labelledby={id}>
      <div className={styles.head}>
        <h2 id={id}>{title}</h2>
        <p>{text}</p>
      </div>
      <div className={styles.body}>{children}</div>
    </section>
  );
}
