// The pane that answers "how is it" at a glance: a picture, the seconds so far, the place in line, or a sign.
import { useState, type ReactNode } from "react";
import { Icon } from "@/components/ui/Icon";
import type { Desktop, DesktopStatus, Template } from "@/lib/api";
import { Link, paths } from "@/lib/router";
import { useNow } from "@/lib/time/ticker";
import { aboutWait, ago, lengthWords, ordinalEnding, roundLength } from "@/lib/time/words";
import { lastPicture, type Picture } from "../pictures";
import { FAILED_SHORT } from "../reasons";
import { templateIcon } from "../templates";
import styles from "./PicturePane.module.css";

interface PaneProps {
  desktop: Desktop;
  template: Template | undefined;
}

const PANES: Record<DesktopStatus, (props: PaneProps) => ReactNode> = {
  running: Running,
  starting: Starting,
  queued: Queued,
  failed: Failed,
  stopping: AtRest,
  stopped: AtRest,
  deleting: AtRest,
};

export function PicturePane(props: PaneProps) {
  const { status } = props.desktop;
  const Pane = PANES[status];
  return (
    <div className={styles.pane} data-status={status}>
      <Pane {...props} />
    </div>
  );
}

function usePicture(desktop: Desktop): Picture | null {
  // Read once a showing: the viewer writes it while this page is away.
  const [picture] = useState(() => lastPicture(desktop.id));
  return picture;
}

function Running({ desktop, template }: PaneProps) {
  const picture = usePicture(desktop);
  const now = useNow();
  return (
    <Link to={paths.viewer(desktop.id)} className={styles.link} aria-label={`Open ${desktop.name}`}>
      {picture ? (
        <>
          <img src={picture.dataUrl} alt="" />
          <span className={styles.tag}>{ago(picture.at, now)}</span>
        </>
      ) : (
        <Sign template={template} />
      )}
    </Link>
  );
}

function AtRest({ desktop, template }: PaneProps) {
  const picture = usePicture(desktop);
  if (!picture) return <Sign template={template} />;
  return (
    <>
      <img className={styles.grey} src={picture.dataUrl} alt="" />
      <span className={styles.tag}>as you left it</span>
    </>
  );
}

function Sign({ template }: { template: Template | undefined }) {
  return (
    <div className={styles.content}>
      <Icon name={templateIcon(template)} className={styles.sign} />
    </div>
  );
}

function Starting({ desktop, template }: PaneProps) {
  const now = useNow();
  const began = desktop.steps.find((step) => step.name === "claimed") ?? desktop.steps.at(-1);
  const typical = template?.typical_start_ms ?? null;
  if (!began) {
    return (
      <div className={styles.content}>
        <Icon name="ring" spin className={styles.sign} />
        <span>Starting</span>
      </div>
    );
  }
  const soFar = Math.max(0, now - Date.parse(began.at));
  const [figure, unit] = lengthWords(soFar).split(/ (?=s$)/);
  return (
    <div className={styles.content}>
      <strong>
        {figure}
        {unit && <small> {unit}</small>}
      </strong>
      {typical !== null && (
        <>
          <div
            className={styles.bar}
            role="progressbar"
            aria-label="Time so far"
            aria-valuemin={0}
            aria-valuemax={typical / 1000}
            aria-valuenow={Math.min(soFar, typical) / 1000}
            aria-valuetext={`${lengthWords(soFar)}, usually ${roundLength(typical)}`}
          >
            <i style={{ width: `${Math.min(100, (soFar / typical) * 100)}%` }} />
          </div>
          <span>{soFar > typical * 1.5 ? "taking longer than usual" : `usually ${roundLength(typical)}`}</span>
        </>
      )}
    </div>
  );
}

function Queued({ desktop: { queue } }: PaneProps) {
  const eta = queue?.eta_seconds ?? null;
  const wait = eta !== null && eta <= 0 ? "taking longer than usual" : aboutWait(eta);
  return (
    <div className={styles.content}>
      {queue?.position ? (
        <>
          <strong>
            {queue.position}
            <small>{ordinalEnding(queue.position)}</small>
          </strong>
          in line
        </>
      ) : (
        <>
          <Icon name="clock" className={styles.sign} />
          in line
        </>
      )}
      <b>{wait ?? (queue ? "No estimate" : "")}</b>
    </div>
  );
}

function Failed({ desktop: { reason } }: PaneProps) {
  return (
    <div className={styles.content}>
      <Icon name="warn" className={styles.sign} />
      <b>{reason ? FAILED_SHORT[reason.code] : "Could not start"}</b>
    </div>
  );
}
