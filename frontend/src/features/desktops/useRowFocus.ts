// Focus that never falls off the page: when the focused row goes, or its focused button does, the next row takes it.
import { useLayoutEffect, useRef } from "react";

export function rowElements(root: ParentNode = document): HTMLElement[] {
  return [...root.querySelectorAll<HTMLElement>("[data-row]")];
}

export function focusRow(row: HTMLElement | undefined): void {
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

/** Give the handler to the element around the rows. Looks after every render, which is when a row can go. */
export function useRowFocus() {
  const last = useRef<{ id: string; index: number } | null>(null);

  useLayoutEffect(() => {
    if (!last.current || document.activeElement !== document.body) return;
    const rows = rowElements();
    const same = rows.find((row) => row.dataset.row === last.current?.id);
    const next = same ?? rows[Math.min(last.current.index, rows.length - 1)];
    if (next) focusRow(next);
    else document.getElementById("main")?.focus();
  });

  return {
    onFocus: (event: React.FocusEvent) => {
      const row = event.target.closest<HTMLElement>("[data-row]");
      const id = row?.dataset.row;
      if (row && id) last.current = { id, index: rowElements().indexOf(row) };
    },
    onBlur: (event: React.FocusEvent) => {
      // Into a dialog or menu: the focus comes back. Elsewhere: on purpose. A removed element blurs towards nothing.
      const into = event.relatedTarget;
      if (into?.closest("[role=dialog], [role=alertdialog], [role=menu]")) return;
      if (into) last.current = null;
      else if (event.target.isConnected) requestAnimationFrame(() => forgetIfLeft(last, event.target));
    },
  };
}

/** A press on the empty page leaves the rows on purpose: the element is still there, only not focused. */
function forgetIfLeft(last: React.RefObject<{ id: string; index: number } | null>, target: EventTarget) {
  if (target instanceof Element && target.isConnected && document.activeElement !== target) last.current = null;
}
