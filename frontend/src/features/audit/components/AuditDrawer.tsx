// One entry beside the table: every part of it as it was written, and ways to see more of the same.
import { Button } from "@/components/ui/Button";
import { Drawer, Steps } from "@/components/ui/Drawer";
import facts from "@/components/ui/Facts.module.css";
import { StatusPill } from "@/components/ui/StatusPill";
import { beside } from "@/features/admin/useTableKeys";
import { exact, zone } from "@/lib/time/words";
import type { AuditEntry, AuditFilter } from "../api/types";
import { actorWord, RESULT, sentence } from "../words";
import styles from "./AuditDrawer.module.css";

interface AuditDrawerProps {
  id: string;
  entries: AuditEntry[] | undefined;
  filter: AuditFilter;
  onFilter: (next: AuditFilter) => void;
  onOpen: (id: string | null) => void;
}

export function AuditDrawer({ id, entries, filter, onFilter, onOpen }: AuditDrawerProps) {
  const entry = entries?.find((one) => one.id === id);
  const words = entry && sentence(entry);
  const look = entry && RESULT[entry.result];
  return (
    <Drawer
      label="Entry"
      id={id}
      title={entry && words ? `${actorWord(entry)} ${words.did} ${words.thing}` : entries ? "Not among these" : "Entry"}
      state={
        look && (
          <StatusPill tone={look.tone} icon={look.icon}>
            {look.word}
          </StatusPill>
        )
      }
      footer={
        <div className={styles.buttons}>
          {entry?.actor && (
            <Button size="sm" onClick={() => onFilter({ actor: entry.actor })}>
              All by {entry.actor}
            </Button>
          )}
          {entry?.target && (
            <Button size="sm" onClick={() => onFilter({ target: entry.target?.id })}>
              All about {entry.target.name}
            </Button>
          )}
          <Steps noun="Entry" above={beside(entries, id, -1)?.id} below={beside(entries, id, 1)?.id} onStep={onOpen} />
        </div>
      }
      onClose={() => onOpen(null)}
    >
      {entry ? (
        <Facts entry={entry} />
      ) : (
        entries && (
          <p className={styles.none}>
            This entry is not among those shown{filter.q || filter.actor || filter.action ? " by this filter" : ""}. It
            may be further down, or older than what is kept.
          </p>
        )
      )}
    </Drawer>
  );
}

function Facts({ entry }: { entry: AuditEntry }) {
  const { at, actor, action, target, address, detail, request_id } = entry;
  return (
    <dl className={facts.facts}>
      <dt>When</dt>
      <dd>
        <time dateTime={at}>{exact(Date.parse(at))}</time> ({zone()})
      </dd>
      <dt>Who</dt>
      <dd>{actor || "Nobody was signed in"}</dd>
      <dt>Action</dt>
      <dd>
        <code>{action}</code>
      </dd>
      {target && (
        <>
          <dt>Thing</dt>
          <dd>
            {target.kind} {target.name}
            <br />
            <code>{target.id}</code>
          </dd>
        </>
      )}
      {detail && (
        <>
          <dt>Detail</dt>
          <dd>{detail}</dd>
        </>
      )}
      {address && (
        <>
          <dt>From</dt>
          <dd>
            <code>{address}</code>
          </dd>
        </>
      )}
      {request_id && (
        <>
          <dt>Request</dt>
          <dd>
            <code>{request_id}</code>
          </dd>
        </>
      )}
    </dl>
  );
}
