// A dialog: only for when something is lost, or for a few things that want a place of their own.
// Radix brings the focus trap, Escape, and the way back to the opener. The veil is ours: Radix's own overlay locks
// scrolling by adding a <style> element, which the page's policy forbids.
import * as Radix from "@radix-ui/react-dialog";
import { useRef, type ReactNode, type RefObject } from "react";
import styles from "./Dialog.module.css";

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  /** What is lost, or what this is for. */
  text?: ReactNode;
  children?: ReactNode;
  /** The buttons, harmless one first. */
  actions?: ReactNode;
  /** What takes the focus at first: the harmless button, or the first field. */
  initialFocus?: RefObject<HTMLElement | null>;
  /** Left-aligned and wider, for lists and forms. */
  wide?: boolean;
  /** `alertdialog` for questions about a loss. */
  alert?: boolean;
}

export function Dialog({ open, onClose, title, text, children, actions, initialFocus, wide, alert }: DialogProps) {
  const opener = useRef<Element | null>(null);
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <div className={styles.veil} data-veil="">
          <Radix.Content
            className={wide ? `${styles.box} ${styles.wide}` : styles.box}
            role={alert ? "alertdialog" : "dialog"}
            {...(text ? {} : { "aria-describedby": undefined })}
            onOpenAutoFocus={(event) => {
              opener.current = document.activeElement;
              if (!initialFocus?.current) return;
              event.preventDefault();
              initialFocus.current.focus();
            }}
            onCloseAutoFocus={(event) => {
              // Radix would look for a trigger of its own. When the opener has gone, the page knows where to go.
              event.preventDefault();
              if (opener.current instanceof HTMLElement && opener.current.isConnected) opener.current.focus();
            }}
          >
            <Radix.Title className={styles.title}>{title}</Radix.Title>
            {text && (
              <Radix.Description className={styles.text} asChild>
                <div>{text}</div>
              </Radix.Description>
            )}
            {children}
            {actions && <div className={styles.actions}>{actions}</div>}
          </Radix.Content>
        </div>
      </Radix.Portal>
    </Radix.Root>
  );
}
