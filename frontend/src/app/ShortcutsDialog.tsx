// The list of shortcuts, and the switch that turns them off.
import { useRef } from "react";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { useMe } from "@/features/session/api";
import type { Role } from "@/lib/api";
import { setShortcutsOn, useShortcutsOn } from "@/lib/shortcuts";
import styles from "./ShortcutsDialog.module.css";

type Shortcut = { keys: string[]; does: string };

const list: Shortcut[] = [
  { keys: ["n"], does: "Go to the start panel" },
  { keys: ["j"], does: "Next row" },
  { keys: ["k"], does: "Previous row" },
  { keys: ["Enter"], does: "Open the row" },
  { keys: ["/"], does: "Search" },
  { keys: ["?"], does: "Show this list" },
];

const forStaff: Shortcut[] = [
  { keys: ["g", "d"], does: "Go to your desktops" },
  { keys: ["g", "q"], does: "Go to the queue" },
  { keys: ["g", "r"], does: "Go to drift" },
  { keys: ["g", "o"], does: "Go to operations" },
  { keys: ["x"], does: "Queue: select the job" },
  { keys: ["r"], does: "Queue: retry it" },
  { keys: ["c"], does: "Queue: cancel it" },
  { keys: ["Esc"], does: "Close what stands beside the table; in the queue, then clear the selection" },
];

const forAdministrators: Shortcut[] = [
  { keys: ["g", "u"], does: "Go to users" },
  { keys: ["g", "t"], does: "Go to templates" },
];

const LISTS: Record<Role, Shortcut[]> = {
  user: list,
  operator: [...list, ...forStaff],
  admin: [...list, ...forStaff, ...forAdministrators],
};

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const on = useShortcutsOn();
  const shown = LISTS[useMe().role];
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
        {shown.map(({ keys, does }) => (
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
