// The list of shortcuts, and the switch that turns them off.
import { useRef } from "react";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { setShortcutsOn, useShortcutsOn } from "@/lib/shortcuts";
import styles from "./ShortcutsDialog.module.css";

const list: { keys: string[]; does: string }[] = [
  { keys: ["n"], does: "Go to the start panel" },
  { keys: ["j"], does: "Next desktop" },
  { keys: ["k"], does: "Previous desktop" },
  { keys: ["Enter"], does: "Open the chosen desktop" },
  { keys: ["/"], does: "Search, when there are more than 8" },
  { keys: ["?"], does: "Show this list" },
];

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const on = useShortcutsOn();
  const close = useRef<HTMLButtonElement>(null);
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title="Keyboard shortcuts"
      text="In an open desktop every key goes to the desktop, except Ctrl+Alt+Shift, which shows its bar."
      initialFocus={close}
      actions={
        <Button ref={close} onClick={onClose}>
          Close
        </Button>
      }
    >
      <dl className={styles.list}>
        {list.map(({ keys, does }) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <label className={styles.switch}>
        <input type="checkbox" checked={on} onChange={(event) => setShortcutsOn(event.target.checked)} />
        Single-key shortcuts are on
      </label>
    </Dialog>
  );
}
