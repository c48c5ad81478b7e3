// Focus that never falls off the page: when what has it goes, the row in its place gets it, or the first thing that can
// take it in the nearest part that is still there. What gives the focus back by itself, a dialog or a drawer, is sooner.
import { focusRow, rowElements } from "./rows";

const TAKES = "a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, [tabindex='0']";

interface Place {
  /** What had the focus, and all that it stood in. */
  trail: Element[];
  /** Of its row among all rows; -1 outside of them. */
  row: number;
}

export function keepFocus(): () => void {
  let place: Place | null = null;
  let frame = 0;

  const note = ({ target }: FocusEvent) => {
    // A dialog or a menu stands for the place that it was opened from.
    if (!(target instanceof Element) || target.closest("[data-veil], [role=menu]")) return;
    const row = target.closest("[data-row]");
    place = { trail: ancestors(target), row: row ? rowElements().indexOf(row as HTMLElement) : -1 };
  };
  const lost = () => document.activeElement === document.body && place?.trail[0]?.isConnected === false;
  const look = () => {
    if (!lost() || frame !== 0) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      if (lost() && place) focusRow(next(place));
    });
  };

  const observer = new MutationObserver(look);
  observer.observe(document.body, { childList: true, subtree: true });
  document.addEventListener("focusin", note);
  return () => {
    observer.disconnect();
    cancelAnimationFrame(frame);
    document.removeEventListener("focusin", note);
  };
}

function ancestors(element: Element): Element[] {
  const all: Element[] = [];
  for (let one: Element | null = element; one && one !== document.body; one = one.parentElement) all.push(one);
  return all;
}

function next({ trail, row }: Place): HTMLElement | undefined {
  const stays = trail.filter((element) => element.isConnected);
  const own = stays.find((element) => element.matches("[data-row]"));
  if (own instanceof HTMLElement) return own;
  const rows = rowElements();
  if (row >= 0 && rows.length > 0) return rows[Math.min(row, rows.length - 1)];
  for (const part of stays) {
    const found = [...part.querySelectorAll<HTMLElement>(TAKES)].find((one) => one.checkVisibility());
    if (found) return found;
  }
  return document.getElementById("main") ?? undefined;
}
