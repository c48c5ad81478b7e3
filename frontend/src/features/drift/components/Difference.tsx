// One difference: what the records say beside what the engine says, and what may be done about it. Only what the server
// offers; while it is carried out the row stays, until a comparison no longer sees the difference.
import { Button } from "@/components/ui/Button";
import { Icon } from "@/components/ui/Icon";
import { toast } from "@/components/ui/Toast";
import { age, ago } from "@/features/admin/words";
import { words } from "@/features/queue/useSteering";
import { type DriftAction, type DriftItem, type DriftSide, isApiError } from "@/lib/api";
import { CONNECTION_BANNER_ID } from "@/lib/events";
import { useNow } from "@/lib/time/ticker";
import { exact } from "@/lib/time/words";
import { useDecide } from "../api";
import { actionWord, asksFirst, DOING, DRIFT_KIND } from "../kinds";
import styles from "./Difference.module.css";

interface DifferenceProps {
  item: DriftItem;
  engineUp: boolean;
  offline: boolean;
  onRemove: (item: DriftItem) => void;
}

export function Difference({ item, engineUp, offline, onRemove }: DifferenceProps) {
  const kind = DRIFT_KIND[item.kind];
  const name = (item.engine ?? item.record)?.title ?? item.id;
  return (
    <li className={`card ${styles.difference}`} data-row={item.id} tabIndex={-1} aria-label={name}>
      <Side label="Berth’s records" side={item.record} none={kind.noRecord} />
      <div className={styles.unequal}>
        <span aria-hidden="true">≠</span>
        <span className="sr">differs from</span>
      </div>
      <Side label={`The engine · ${item.node}`} side={item.engine} none={kind.noEngine} since={item.since} />
      <div className={styles.actions}>
        {item.asked && !item.asked.error ? (
          <Asked asked={item.asked} />
        ) : (
          <Choices item={item} engineUp={engineUp} offline={offline} onRemove={onRemove} />
        )}
      </div>
    </li>
  );
}

function Side({ label, side, none, since }: { label: string; side: DriftSide | null; none: string; since?: string }) {
  const now = useNow();
  const seen = since ? Date.parse(since) : null;
  return (
    <div className={side ? styles.side : `${styles.side} ${styles.none}`}>
      <div className={styles.label}>
        {label}
        {seen !== null && <span title={exact(seen)}>seen for {age(now - seen)}</span>}
      </div>
      <b>{side?.title ?? none}</b>
      {side?.detail && <p>{side.detail}</p>}
    </div>
  );
}

function Asked({ asked: { action, by, at } }: { asked: NonNullable<DriftItem["asked"]> }) {
  const now = useNow();
  return (
    <>
      <p className={styles.doing} role="status">
        <Icon name="ring" spin /> {DOING[action]}…
      </p>
      <p>
        Asked for by {by} {ago(now - Date.parse(at))}. It leaves this list once a comparison confirms it.
      </p>
    </>
  );
}

function Choices({ item, engineUp, offline, onRemove }: DifferenceProps) {
  const decide = useDecide();
  const held = (action: DriftAction) => !engineUp && action !== "forget";
  const reason = `held-${item.id}`;
  function choose(action: DriftAction) {
    if (asksFirst(action, item)) return onRemove(item);
    decide.mutate(
      { id: item.id, action },
      {
        onError: (error) => {
          if (isApiError(error) && error.status === 404) toast(error.detail);
        },
      },
    );
  }
  return (
    <>
      <div className={styles.buttons}>
        {item.actions.map((action, index) => (
          <Button
            key={action}
            size="sm"
            variant={action === "remove" ? "danger" : index === 0 ? "plain" : action === "forget" ? "quiet" : "plain"}
            busy={decide.isPending && decide.variables.action === action}
            disabled={offline || held(action)}
            aria-describedby={offline ? CONNECTION_BANNER_ID : held(action) ? reason : undefined}
            onClick={() => choose(action)}
          >
            {actionWord(action, item)}
          </Button>
        ))}
      </div>
      {item.asked?.error && (
        <p className={styles.problem}>
          {actionWord(item.asked.action, item)} did not work: {item.asked.error}
        </p>
      )}
      {decide.error && !decide.isPending && (
        <p className={styles.problem} role="alert">
          {words(decide.error)}
        </p>
      )}
      {!engineUp && item.actions.some(held) ? (
        <p id={reason}>The engine on {item.node} does not answer; this waits until it does.</p>
      ) : (
        <p>{item.explains}</p>
      )}
    </>
  );
}
