// What stands beside a table: one of its rows in full. Not a dialog and not a trap: the table stays in reach, arrows go to
// the row above or below, Escape (the page's keys) closes it. The focus goes in when it opens, and back to the row.
import { useEffect, useRef, type ReactNode } from "react";
import { Button } from "./Button";
import styles from "./Drawer.module.css";

interface DrawerProps {
  /** What the row is, for those who listen: "Job". */
  label: string;
  /** The row's id, or a word for one that is not there yet. */
  id: string;
  title: ReactNode;
  /** Under the title. */
  state?: ReactNode;
  footer?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}

export function Drawer({ label, id, title, state, footer, onClose, children }: DrawerProps) {
  const drawer = useRef<HTMLElement>(null);
  useFocusInAndOut(drawer, id);
  return (
    <aside className={styles.drawer} ref={drawer} tabIndex={-1} aria-label={label}>
      <header>
        <div className={styles.title}>
          <h2>{title}</h2>
          {state && <div className={styles.state}>{state}</div>}
        </div>
        <Button variant="quiet" size="sm" iconOnly icon="x" aria-label="Close" onClick={onClose} />
      </header>
      {/* Keyed: another row begins at its top. */}
      <div className={styles.scroll} key={id}>
        {children}
      </div>
      {footer && <footer>{footer}</footer>}
    </aside>
  );
}

/** Into the drawer when it opens, back to the row when it closes. */
function useFocusInAndOut(drawer: React.RefObject<HTMLElement | null>, id: string) {
  const present = useRef(id);
  useEffect(() => {
    present.current = id;
    // Walking by arrows keeps its row in sight.
    rowOf(id)?.scrollIntoView({ block: "nearest" });
  }, [id]);
  useEffect(() => {
    const opener = document.activeElement;
    drawer.current?.focus({ preventScroll: true });
    const element = drawer.current;
    return () => {
      const { activeElement } = document;
      if (activeElement !== document.body && !element?.contains(activeElement)) return;
      // What is new has no row: back to the button that asked for it.
      const back = rowOf(present.current) ?? opener;
      if (back instanceof HTMLElement && back !== document.body) back.focus();
    };
  }, [drawer]);
}

function rowOf(id: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"]`);
}

interface StepsProps {
  above: string | undefined;
  below: string | undefined;
  /** "Job above", "Job below". */
  noun: string;
  onStep: (id: string) => void;
}

/** The arrows to the rows above and below; at the end of the list an arrow stays where it is, and does nothing. */
export function Steps({ above, below, noun, onStep }: StepsProps) {
  if (!(above ?? below)) return null;
  return (
    <span className={styles.steps}>
      <Step name={`${noun} above`} to={above} onStep={onStep} />
      <Step name={`${noun} below`} to={below} onStep={onStep} down />
    </span>
  );
}

interface StepProps {
  name: string;
  to: string | undefined;
  onStep: (id: string) => void;
  down?: boolean;
}

function Step({ name, to, onStep, down }: StepProps) {
  return (
    <Button
      variant="quiet"
      iconOnly
      icon="left"
      className={down ? styles.below : undefined}
      aria-label={to ? name : `${name}: there is none in this list`}
      aria-disabled={to ? undefined : true}
      title={to ? name : "There is none in this list"}
      onClick={() => to && onStep(to)}
    />
  );
}
