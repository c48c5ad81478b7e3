// The frame of every page but the viewer: skip link, top bar, what holds for the whole page, and the content.
import { Suspense, useEffect, type ReactNode } from "react";
import { keepFocus } from "@/lib/keepFocus";
import { ConnectionBanner } from "./ConnectionBanner";
import styles from "./Shell.module.css";
import { TopBar } from "./TopBar";

export function Shell({ children }: { children: ReactNode }) {
  useEffect(keepFocus, []);
  return (
    <>
      <a className={styles.skip} href="#main">
        Skip to the content
      </a>
      <TopBar />
      <main className={styles.page} id="main" tabIndex={-1}>
        <ConnectionBanner />
        <Suspense>{children}</Suspense>
      </main>
    </>
  );
}
