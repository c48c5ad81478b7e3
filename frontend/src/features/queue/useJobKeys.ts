// The page's keys besides those of every table: x chooses, r retries, c cancels, left and right walk while the drawer is
// open, and Esc, once it is closed, clears the selection.
import { useEffect, useMemo, useRef } from "react";
import { beside, focusedRow, useTableKeys } from "@/features/admin/useTableKeys";
import type { Job, JobAction } from "@/lib/api";
import { useShortcuts } from "@/lib/shortcuts";
import { useQueueContext } from "./QueueContext";

interface Selecting {
  toggle: (ids: string[]) => void;
  clear: () => boolean;
}

export function useJobKeys(jobs: Job[] | undefined, { toggle, clear }: Selecting): void {
  const { openId, offline, open, act } = useQueueContext();
  useTableKeys({ items: jobs, openId, open, onEscape: clear });
  // What the keys do changes with every render; that they are listened to does not.
  const latest = useRef({ jobs, openId, offline, open, act, toggle });
  useEffect(() => {
    latest.current = { jobs, openId, offline, open, act, toggle };
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
      const walk = (by: 1 | -1) => {
        const { jobs, openId, open } = latest.current;
        const next = openId ? beside(jobs, openId, by) : undefined;
        if (next) open(next.id);
      };
      return {
        ArrowRight: () => walk(1),
        ArrowLeft: () => walk(-1),
        x: () => {
          const job = present();
          if (job) latest.current.toggle([job.id]);
        },
        r: () => run("retry"),
        c: () => run("cancel"),
      };
    }, []),
  );
}
