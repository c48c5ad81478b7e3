// The template's image on each node: whether it is there, how far a pull has come, why one failed.
import { Problem } from "@/components/ui/AskDialog";
import { Button } from "@/components/ui/Button";
import { Section } from "@/components/ui/Section";
import { StatusPill } from "@/components/ui/StatusPill";
import { ago } from "@/features/admin/words";
import { said } from "@/lib/api";
import { CONNECTION_BANNER_ID, useOffline } from "@/lib/events";
import { useNow } from "@/lib/time/ticker";
import { exact } from "@/lib/time/words";
import { usePullImage, type AdminTemplate, type TemplateNode } from "../api";
import { IMAGE } from "../words";
import styles from "./TemplateDrawer.module.css";

export function ImageNodes({ template }: { template: AdminTemplate }) {
  const pull = usePullImage();
  const offline = useOffline();
  const pulling = template.nodes.some(({ state }) => state === "pulling");
  return (
    <Section title="Image on the nodes">
      {template.nodes.length === 0 && (
        <p className={styles.none}>No node has looked for it yet: none is running, or the template is new.</p>
      )}
      <ul className={styles.nodes} role="list">
        {template.nodes.map((node) => (
          <Node key={node.node} node={node} />
        ))}
      </ul>
      {!pulling && (
        <Button
          size="sm"
          icon="down"
          busy={pull.isPending}
          disabled={offline}
          aria-describedby={offline ? CONNECTION_BANNER_ID : undefined}
          onClick={() => pull.mutate(template.id)}
        >
          Pull the image
        </Button>
      )}
      <Problem text={pull.error && said(pull.error)} />
    </Section>
  );
}

function Node({ node: { node, state, image_id, progress, error, seen_at } }: { node: TemplateNode }) {
  const look = IMAGE[state];
  return (
    <li>
      <div className={styles.top}>
        <StatusPill tone={look.tone} icon={look.icon} spin={look.spin}>
          {look.word}
        </StatusPill>
        <b>{node}</b>
        {image_id && <code title={image_id}>{shortId(image_id)}</code>}
        {seen_at && <Seen at={Date.parse(seen_at)} />}
      </div>
      {progress && (
        <div className={styles.progress}>
          {progress.percent !== null && (
            <progress max={100} value={progress.percent} aria-label={`Pulled on ${node}`}>
              {progress.percent} %
            </progress>
          )}
          <span>{progress.text ?? "Beginning"}</span>
        </div>
      )}
      {error && <p className={styles.error}>{error}</p>}
    </li>
  );
}

function Seen({ at }: { at: number }) {
  const now = useNow();
  return (
    <span className={styles.seen} title={exact(at)}>
      looked {ago(now - at)}
    </span>
  );
}

function shortId(id: string): string {
  return id.replace(/^sha256:/, "").slice(0, 12);
}
