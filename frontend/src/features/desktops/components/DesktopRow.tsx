// One desktop, roomy: its picture pane, what it is, how it is, what may be done.
import { lazy, Suspense } from "react";
import { StatusPill } from "@/components/ui/StatusPill";
import type { Desktop, Template } from "@/lib/api";
import { useNow } from "@/lib/time/ticker";
import { exact } from "@/lib/time/words";
import { useDesktopsContext } from "../DesktopsContext";
import { meta } from "../meta";
import { SAY } from "../sentences";
import { STATUS } from "../status";
import { useStartBlock } from "../useStartBlock";
import styles from "./DesktopRow.module.css";
import { PicturePane } from "./PicturePane";
import { Rail } from "./Rail";
import { RowActions } from "./RowActions";

// What only some rows need comes when it is needed.
const Ahead = lazy(() => import("./Ahead").then((m) => ({ default: m.Ahead })));
const FailedDetail = lazy(() => import("./FailedDetail").then((m) => ({ default: m.FailedDetail })));

export function DesktopRow({ desktop }: { desktop: Desktop }) {
  const { templates, me, underWay } = useDesktopsContext();
  const now = useNow();
  const template = templates.get(desktop.template);
  const typicalStartMs = template?.typical_start_ms ?? null;
  const block = useStartBlock(desktop);
  const look = STATUS[desktop.status];
  const { lead, text } = SAY[desktop.status](desktop, { now, me, typicalStartMs, underWay });
  const start = desktop.status === "queued" || desktop.status === "starting";
  return (
    <li
      className={`card ${styles.row}`}
      data-status={desktop.status}
      data-row={desktop.id}
      tabIndex={-1}
      aria-label={`${desktop.name}, ${look.word}`}
    >
      <PicturePane desktop={desktop} template={template} />
      <div className={styles.main}>
        <div className={styles.head}>
          <h2>{desktop.name}</h2>
          <StatusPill tone={look.tone} icon={look.icon} spin={look.spin}>
            {look.word}
          </StatusPill>
        </div>
        <Meta desktop={desktop} template={template} now={now} />
        <p className={styles.say}>
          {lead && <b>{lead}</b>} {text}
        </p>
        <Suspense>{desktop.status === "failed" && <FailedDetail desktop={desktop} />}</Suspense>
      </div>
      {start && (
        <div className={styles.below}>
          <Suspense>{desktop.status === "queued" && desktop.queue && <Ahead queue={desktop.queue} />}</Suspense>
          <Rail desktop={desktop} />
        </div>
      )}
      <div className={styles.actions}>
        <div>
          <RowActions desktop={desktop} block={block} />
        </div>
        {block && (
          <p className={styles.block} id={block.id}>
            {block.text}
          </p>
        )}
      </div>
    </li>
  );
}

function Meta({ desktop, template, now }: { desktop: Desktop; template: Template | undefined; now: number }) {
  const { parts, at } = meta(desktop, template, now);
  return (
    <p className={styles.meta} title={at === null ? undefined : exact(at)}>
      {parts.join(" · ")}
    </p>
  );
}
