// What the pages before the door stand in: the drawing on one side, a form on the other.
import type { ReactNode } from "react";
import { Quay } from "./Quay";
import styles from "./SignInPage.module.css";

export function SignInFrame({ children }: { children: ReactNode }) {
  return (
    <main className={styles.page} id="main">
      <Quay />
      <section className={styles.side} aria-label="Sign in">
        {children}
      </section>
    </main>
  );
}
