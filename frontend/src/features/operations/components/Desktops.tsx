// How many desktops there are in each status.
import { StatusPill } from "@/components/ui/StatusPill";
import { STATUS } from "@/features/desktops/status";
import type { Operations } from "@/lib/api";
import { figure } from "@/lib/figures";
import styles from "../OperationsPage.module.css";

export function Desktops({ counts }: { counts: Operations["desktops"] }) {
  return (
    <dl className={`card ${styles.statuses}`} aria-label="Desktops by status">
      {counts.map(({ status, n }) => (
        <div key={status} data-none={n === 0 || undefined}>
          <dt>
            <StatusPill tone={n === 0 ? "idle" : STATUS[status].tone} icon={STATUS[status].icon}>
              {STATUS[status].word}
            </StatusPill>
          </dt>
          <dd>{figure(n)}</dd>
        </div>
      ))}
    </dl>
  );
}
