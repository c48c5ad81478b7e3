// The keys of a table with a drawer: j k row (or the one above and below while the drawer is open), Enter opens,
// / searches, Esc closes the drawer.
import { useEffect, useMemo, useRef } from "react";
import { focusRow, rowElements } from "@/lib/rows";
import { useShortcuts } from "@/lib/shortcuts";

interface Table {
  items: { id: string }[] | undefined;
  openId: string | null;
  open: (id: string | null) => void;
  /** Escape while nothing is open. */
  onEscape?: () => void;
}

export function useTableKeys(table: Table): void {
  // What the keys do changes with every render; that they are listened to does not.
  const latest = useRef(table);
  useEffect(() => {
    latest.current = table;
  });
  useShortcuts(
    useMemo(() => {
      const step = (by: 1 | -1) => {
        const { items, openId, open } = latest.current;
        const next = openId ? beside(items, openId, by) : undefined;
        if (next) open(next.id);
        else if (!openId) stepRow(by);
      };
      const arrow = (event: KeyboardEvent, by: 1 | -1) => {
        const row = focusedRow();
        if (!row || document.activeElement !== row) return;
        event.preventDefault();
        step(by);
      };
      return {
        j: () => step(1),
        k: () => step(-1),
        ArrowDown: (event) => arrow(event, 1),
        ArrowUp: (event) => arrow(event, -1),
        Enter: (event) => {
          const row = focusedRow();
          if (!row?.dataset.row || document.activeElement !== row) return;
          event.preventDefault();
          latest.current.open(row.dataset.row);
        },
        "/": (event) => {
          event.preventDefault();
          document.querySelector<HTMLInputElement>("[data-search]")?.focus();
        },
        Escape: () => {
          if (latest.current.openId) latest.current.open(null);
          else latest.current.onEscape?.();
        },
      } satisfies Record<string, (event: KeyboardEvent) => void>;
    }, []),
  );
}

/** The one above (-1) or below (1) another one in the list. */
export function beside<T extends { id: string }>(items: T[] | undefined, id: string, by: 1 | -1): T | undefined {
  const at = items?.findIndex((item) => item.id === id) ?? -1;
  return at < 0 ? undefined : items?.[at + by];
}

export function focusedRow(): HTMLElement | null {
  return document.activeElement?.closest<HTMLElement>("[data-row]") ?? null;
}

function stepRow(by: 1 | -1) {
  const rows = rowElements();
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  focusRow(at < 0 ? rows[by > 0 ? 0 : rows.length - 1] : rows[Math.max(0, Math.min(rows.length - 1, at + by))]);
}
