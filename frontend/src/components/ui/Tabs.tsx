// The parts of a page as tabs. Each has an address of its own, so they are links; the present one is marked.
import { figure } from "@/lib/figures";
import { Link } from "@/lib/router";
import styles from "./Tabs.module.css";

export interface Tab {
  to: string;
  word: string;
  present: boolean;
  n?: number | undefined;
}

export function Tabs({ label, tabs }: { label: string; tabs: Tab[] }) {
  return (
    <nav className={styles.tabs} aria-label={label}>
      {tabs.map(({ to, word, present, n }) => (
        <Link key={word} to={to} aria-current={present ? "true" : undefined}>
          {word} {n !== undefined && <span className={styles.count}>{figure(n)}</span>}
        </Link>
      ))}
    </nav>
  );
}
