// What every part of the queue page needs: the filter and the job in the drawer, ways to change both, and what is being
// done to which job.
import { createContext, use } from "react";
import type { Job, JobAction, JobFilter } from "@/lib/api";

export interface QueueContextValue {
  filter: JobFilter;
  openId: string | null;
  /** Action buttons wait: the connection is gone. */
  offline: boolean;
  setFilter: (next: JobFilter) => void;
  /** Shows a job beside the table; null closes it. */
  open: (id: string | null) => void;
  act: (job: Job, action: JobAction) => void;
  /** What is being done to a job right now. */
  busyWith: (id: string) => JobAction | null;
  /** Why the last try to do something with it did not work. */
  problemOf: (id: string) => string | null;
}

export const QueueContext = createContext<QueueContextValue | null>(null);

export function useQueueContext(): QueueContextValue {
  const value = use(QueueContext);
  if (!value) throw new Error("QueueContext is missing");
  return value;
}
