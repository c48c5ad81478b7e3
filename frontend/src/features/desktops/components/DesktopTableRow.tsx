// One desktop in the compact table.
import { StatusPill } from "@/components/ui/StatusPill";
import type { Desktop } from "@/lib/api";
import { Link, paths } from "@/lib/router";
import { useNow } from "@/lib/time/ticker";
import { useDesktopsContext } from "../DesktopsContext";
import { SAY_SHORT } from "../sentences";
import { STATUS } from "../status";
import { useStartBlock } from "../useStartBlock";
import styles from "./DesktopTable.module.css";
import { RowActions } from "./RowActions";

export function DesktopTableRow({ desktop }: { desktop: Desktop }) {
  const { templates, me, underWay } = useDesktopsContext();
  const now = useNow();
  const template = templates.get(desktop.template);
  const look = STATUS[desktop.status];
  const block = useStartBlock(desktop);
  const typicalStartMs = template?.typical_start_ms ?? null;
  const text = SAY_SHORT[desktop.status](desktop, { now, me, typicalStartMs, underWay });
  return (
    <tr
      role="row"
      tabIndex={-1}
      data-row={desktop.id}
      data-status={desktop.status}
      aria-label={`${desktop.name}, ${look.word}`}
    >
      <td role="cell" className={styles.status}>
        <StatusPill tone={look.tone} icon={look.icon} spin={look.spin}>
          {look.word}
        </StatusPill>
      </td>
      <td role="cell" className={styles.name}>
        {desktop.status === "running" ? (
          <Link to={paths.viewer(desktop.id)}>{desktop.name}</Link>
        ) : (
          <b>{desktop.name}</b>
        )}
      </td>
      <td role="cell" className={`${styles.mid} ${styles.template}`}>
        {template?.name}
      </td>
      <td role="cell" className={styles.going} title={text}>
        {text}
        {block && (
          <span className="sr" id={block.id}>
            {" "}
            {block.text}
          </span>
        )}
      </td>
      <td role="cell" className={styles.actions}>
        <RowActions desktop={desktop} block={block} compact />
      </td>
    </tr>
  );
}
