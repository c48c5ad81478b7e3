// The page's keys: j k row (or the job above and below while the drawer is open), Enter opens, x chooses, r retries,
// c cancels, / searches, Esc closes the drawer, then clears the selection.
import { useEffect, useMemo, useRef } from "react";
import { focusRow, rowElements } from "@/features/desktops/useRowFocus";
import type { Job, JobAction } from "@/lib/api";
import { useShortcuts } from "@/lib/shortcuts";
import { useQueueContext } from "./QueueContext";

interface Selecting {
  toggle: (ids: string[]) => void;
  clear: () => boolean;
}

export function useJobKeys(jobs: Job[] | undefined, { toggle, clear }: Selecting): void {
  const { openId, offline, open, act } = useQueueContext();
  // What the keys do changes with every render; that they are listened to does not.
  const latest = useRef({ jobs, openId, offline, open, act, toggle, clear });
  useEffect(() => {
    latest.current = { jobs, openId, offline, open, act, toggle, clear };
  });

  useShortcuts(
    useMemo(() => {
      const present = () => {
        const { jobs, openId } = latest.current;
        const id = focusedRow()?.dataset.row ?? openId;
        return jobs?.find((job) => job.id === id);
      };
      const run = (action: JobAction) => {
        const job = present();
        if (job?.actions.includes(action) && !latest.current.offline) latest.current.act(job, action);
      };
      const step = (by: 1 | -1) => {
        const { jobs, openId, open } = latest.current;
        if (openId) {
          const next = beside(jobs, openId, by);
          if (next) open(next.id);
        } else stepRow(by);
      };
      return {
        j: () => step(1),
        k: () => step(-1),
        ArrowDown: (event) => arrow(event, step, 1),
        ArrowUp: (event) => arrow(event, step, -1),
        ArrowRight: () => latest.current.openId && step(1),
        ArrowLeft: () => latest.current.openId && step(-1),
        Enter: (event) => {
          const row = focusedRow();
          if (!row?.dataset.row || document.activeElement !== row) return;
          event.preventDefault();
          latest.current.open(row.dataset.row);
        },
        x: () => {
          const job = present();
          if (job) latest.current.toggle([job.id]);
        },
        r: () => run("retry"),
        c: () => run("cancel"),
        "/": (event) => {
          event.preventDefault();
          document.querySelector<HTMLInputElement>("[data-search]")?.focus();
        },
        Escape: () => {
          if (latest.current.openId) latest.current.open(null);
          else latest.current.clear();
        },
      } satisfies Record<string, (event: KeyboardEvent) => void>;
    }, []),
  );
}

/** The job above (-1) or below (1) another one in the list. */
export function beside(jobs: Job[] | undefined, id: string, by: 1 | -1): Job | undefined {
  const at = jobs?.findIndex((job) => job.id === id) ?? -1;
  return at < 0 ? undefined : jobs?.[at + by];
}

function focusedRow(): HTMLElement | null {
  return document.activeElement?.closest<HTMLElement>("[data-row]") ?? null;
}

/** Arrows walk the rows once one has the focus; else they scroll, as everywhere. */
function arrow(event: KeyboardEvent, step: (by: 1 | -1) => void, by: 1 | -1) {
  if (!focusedRow() || document.activeElement !== focusedRow()) return;
  event.preventDefault();
  step(by);
}

function stepRow(by: 1 | -1) {
  const rows = rowElements();
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  focusRow(at < 0 ? rows[by > 0 ? 0 : rows.length - 1] : rows[Math.max(0, Math.min(rows.length - 1, at + by))]);
}
