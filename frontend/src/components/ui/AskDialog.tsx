// The question before something is lost: it names the thing, says what goes, repeats the verb, harmless answer first.
import { useRef, type ReactNode } from "react";
import styles from "./AskDialog.module.css";
import { Button } from "./Button";
import { Dialog } from "./Dialog";

interface AskDialogProps {
  title: string;
  text: ReactNode;
  /** The harmless answer, and the other one. */
  leave: string;
  go: string;
  busy: boolean;
  /** Why it did not work. */
  problem: string | null;
  onGo: () => void;
  onClose: () => void;
  children?: ReactNode;
}

export function AskDialog({ title, text, leave, go, busy, problem, onGo, onClose, children }: AskDialogProps) {
  const harmless = useRef<HTMLButtonElement>(null);
  return (
    <Dialog
      open
      alert
      wide={children !== undefined}
      onClose={onClose}
      title={title}
      text={text}
      initialFocus={harmless}
      actions={
        <>
          <Button ref={harmless} onClick={onClose}>
            {leave}
          </Button>
          <Button variant="danger" busy={busy} onClick={onGo}>
            {go}
          </Button>
        </>
      }
    >
      {children}
      <Problem text={problem} />
    </Dialog>
  );
}

/** Why something did not work, where it was asked for. */
export function Problem({ text }: { text: string | null }) {
  return text ? (
    <p className={styles.problem} role="alert">
      {text}
    </p>
  ) : null;
}
