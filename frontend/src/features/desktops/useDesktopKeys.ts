// The page's keys: n start panel, / search, j and k rows, Enter opens.
import { useMemo } from "react";
import { focusRow, rowElements } from "@/lib/rows";
import { useShortcuts } from "@/lib/shortcuts";

export function useDesktopKeys(): void {
  useShortcuts(
    useMemo(
      () => ({
        n: (event) => {
          event.preventDefault();
          focusStartPanel();
        },
        "/": (event) => {
          const field = document.querySelector<HTMLInputElement>("[data-search]");
          if (!field) return;
          event.preventDefault();
          field.focus();
        },
        j: () => step(1),
        k: () => step(-1),
        Enter: (event) => {
          const row = document.activeElement;
          if (!(row instanceof HTMLElement) || !row.dataset.row) return;
          event.preventDefault();
          row.querySelector<HTMLElement>("a[href*='/view'], button")?.click();
        },
      }),
      [],
    ),
  );
}

export function focusStartPanel(): void {
  const panel = document.getElementById("start");
  panel?.scrollIntoView({ block: "start" });
  panel?.querySelector<HTMLElement>("input:checked, button:not([disabled])")?.focus({ preventScroll: true });
}

function step(by: 1 | -1): void {
  const rows = rowElements();
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  focusRow(at < 0 ? rows[by > 0 ? 0 : rows.length - 1] : rows[Math.max(0, Math.min(rows.length - 1, at + by))]);
}
