// What the three parts of the page stand in: its head with one button, and the tabs. Each has an address of its own.
import type { ReactNode } from "react";
import { Tabs } from "@/components/ui/Tabs";
import { paths } from "@/lib/router";
import styles from "./UsersFrame.module.css";

interface UsersFrameProps {
  present: "people" | "groups" | "audit";
  /** Beside the title. */
  summary?: string | null;
  action?: ReactNode;
  children: ReactNode;
}

export function UsersFrame({ present, summary, action, children }: UsersFrameProps) {
  return (
    <>
      <div className={styles.head}>
        <h1>Users</h1>
        {summary && <p>{summary}</p>}
        {action && <div className={styles.action}>{action}</div>}
      </div>
      <section className={`card ${styles.card}`}>
        <Tabs
          label="Parts of this page"
          tabs={[
            { to: paths.users, word: "People", present: present === "people" },
            { to: paths.groups, word: "Groups", present: present === "groups" },
            { to: paths.audit, word: "Audit log", present: present === "audit" },
          ]}
        />
        {children}
      </section>
    </>
  );
}
