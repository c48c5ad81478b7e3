// The question before something is lost: it names the thing, says what goes, repeats the verb, harmless answer first.
import { useRef } from "react";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { words } from "@/features/queue/useSteering";
import type { DriftItem } from "@/lib/api";
import { useDecide } from "../api";
import { DRIFT_KIND } from "../kinds";
import styles from "./RemoveDialog.module.css";

export function RemoveDialog({ item, onClose }: { item: DriftItem; onClose: () => void }) {
  const decide = useDecide();
  const harmless = useRef<HTMLButtonElement>(null);
  const side = item.engine ?? item.record;
  return (
    <Dialog
      open
      alert
      onClose={onClose}
      title={`Remove “${side?.title ?? item.id}”?`}
      text={
        <>
          {side?.detail && <p className={styles.detail}>{side.detail}</p>}
          <p>{DRIFT_KIND[item.kind].loses.remove}</p>
        </>
      }
      initialFocus={harmless}
      actions={
        <>
          <Button ref={harmless} onClick={onClose}>
            Leave it
          </Button>
          <Button
            variant="danger"
            busy={decide.isPending}
            onClick={() => decide.mutate({ id: item.id, action: "remove" }, { onSuccess: onClose })}
          >
            Remove it
          </Button>
        </>
      }
    >
      {decide.error && (
        <p className={styles.problem} role="alert">
          {words(decide.error)}
        </p>
      )}
    </Dialog>
  );
}
