// A dialog: only for when something is lost, or for a few things that want a place of their own.
// Radix brings Escape, the round of Tab, and the way back to the opener. The page behind is made `inert` by us: Radix's
// own modal mode hides it from those who listen but leaves it focusable, and locks scrolling by adding a <style>
// element, which the page's policy forbids. So does its veil; it is ours too.
import * as Radix from "@radix-ui/react-dialog";
import { useEffect, useRef, type ReactNode, type RefObject } from "react";
import styles from "./Dialog.module.css";
import { setAside } from "./setAside";

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
  /** What it shows is shown only once: a press beside it does not close it. */
  stays?: boolean;
}

export function Dialog(props: DialogProps) {
  const { open, onClose, title, text, children, actions, initialFocus, wide, alert, stays } = props;
  const opener = useRef<Element | null>(null);
  const veil = useRef<HTMLDivElement>(null);
  const bringBack = useRef<(() => void) | null>(null);
  useEffect(
    () => () => {
      bringBack.current?.();
      bringBack.current = null;
    },
    [],
  );
  return (
    <Radix.Root modal={false} open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <div className={styles.veil} data-veil="" ref={veil}>
          <Radix.Content
            className={wide ? `${styles.box} ${styles.wide}` : styles.box}
            role={alert ? "alertdialog" : "dialog"}
            aria-modal="true"
            {...(text ? {} : { "aria-describedby": undefined })}
            onFocusOutside={(event) => event.preventDefault()}
            onPointerDownOutside={(event) => {
              if (stays || event.detail.originalEvent.button !== 0) event.preventDefault();
            }}
            onOpenAutoFocus={(event) => {
              opener.current = openerOf(document.activeElement);
              if (initialFocus?.current) {
                event.preventDefault();
                initialFocus.current.focus();
              }
              // Once the focus has left it: what is inert loses the focus to nowhere.
              queueMicrotask(() => {
                if (veil.current) bringBack.current ??= setAside(veil.current);
              });
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

/** A menu is gone once something of it was chosen; the button that it belongs to stays. */
function openerOf(element: Element | null): Element | null {
  const menu = element?.closest("[role=menu]");
  return menu ? document.getElementById(menu.getAttribute("aria-labelledby") ?? "") : element;
}
