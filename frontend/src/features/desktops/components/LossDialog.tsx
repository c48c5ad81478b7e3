// The two questions about a loss: stopping a running desktop, and deleting one. They name the thing, say what is lost,
// repeat the verb, and offer the harmless answer first.
import { useRef } from "react";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { isApiError, type Desktop } from "@/lib/api";
import { useDeleteDesktop, useStopDesktop } from "../api";
import { failed } from "../useRowActions";
import styles from "./dialogs.module.css";

interface Words {
  title: (name: string) => string;
  text: string;
  leave: string;
  go: string;
  failed: (name: string) => string;
}

const STOPS_EMPTY =
  "Open programs end. Files in its home folder are thrown away: every file in it is lost, and nobody can bring it back.";

const WORDS: Record<"stop" | "delete", Words> = {
  stop: {
    title: (name) => `Stop “${name}”?`,
    text: "Open programs end, and what is not saved in them is lost. Files in your home folder stay.",
    leave: "Leave it running",
    go: "Stop it",
    failed: (name) => `“${name}” was not stopped`,
  },
  delete: {
    title: (name) => `Delete “${name}”?`,
    text: "Its home folder goes with it: every file in it is lost, and nobody can bring it back.",
    leave: "Keep it",
    go: "Delete it",
    failed: (name) => `“${name}” was not deleted`,
  },
};

interface LossDialogProps {
  kind: "stop" | "delete";
  desktop: Desktop;
  onClose: () => void;
}

export function LossDialog({ kind, desktop, onClose }: LossDialogProps) {
  const stop = useStopDesktop();
  const remove = useDeleteDesktop();
  const { mutate, isPending, error } = kind === "stop" ? stop : remove;
  const losesHome = desktop.home === "thrown_away";
  const harmless = useRef<HTMLButtonElement>(null);
  const words = WORDS[kind];
  const goneAnyway = (error: unknown) => isApiError(error) && error.status === 404 && onClose();
  return (
    <Dialog
      open
      alert
      onClose={onClose}
      title={words.title(desktop.name)}
      text={kind === "stop" && losesHome ? STOPS_EMPTY : words.text}
      initialFocus={harmless}
      actions={
        <>
          <Button ref={harmless} onClick={onClose}>
            {words.leave}
          </Button>
          <Button
            variant="danger"
            busy={isPending}
            onClick={() => mutate(desktop.id, { onSuccess: onClose, onError: goneAnyway })}
          >
            {words.go}
          </Button>
        </>
      }
    >
      {error && (
        <p className={styles.error} role="alert">
          {failed(words.failed(desktop.name), error)}
        </p>
      )}
    </Dialog>
  );
}
