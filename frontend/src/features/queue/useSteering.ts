// Retry and cancel, one job at a time: which is under way, and why one did not work. A refusal is said in the job's
// drawer, so it opens when the press came from elsewhere.
import { useCallback, useState } from "react";
import { announce } from "@/lib/announce";
import { said, type Job, type JobAction, type JobDetail } from "@/lib/api";
import { useJobAction } from "./api";
import { shownDesktop } from "./sentences";
import { JOB_STATE, KIND } from "./states";

export function useSteering(open: (id: string) => void) {
  const { mutateAsync } = useJobAction();
  const [busy, setBusy] = useState<ReadonlyMap<string, JobAction>>(new Map());
  const [problems, setProblems] = useState<ReadonlyMap<string, string>>(new Map());

  /** The job that stands for it afterwards, or why not, in words. */
  const steer = useCallback(
    async (job: Job, action: JobAction): Promise<JobDetail | string> => {
      setBusy((now) => new Map(now).set(job.id, action));
      setProblems((now) => without(now, job.id));
      try {
        const next = await mutateAsync({ id: job.id, action });
        announce(job.id, `${KIND[job.kind].word} ${shownDesktop(job)}: ${JOB_STATE[next.state].word}.`);
        return next;
      } catch (error) {
        const why = words(error);
        setProblems((now) => new Map(now).set(job.id, why));
        return why;
      } finally {
        setBusy((now) => without(now, job.id));
      }
    },
    [mutateAsync],
  );

  const act = useCallback(
    (job: Job, action: JobAction) => {
      void steer(job, action).then((result) => {
        // The drawer says why, or follows to the job that was made anew.
        if (typeof result === "string") open(job.id);
        else if (result.id !== job.id) open(result.id);
      });
    },
    [steer, open],
  );

  return {
    act,
    steer,
    busyWith: useCallback((id: string) => busy.get(id) ?? null, [busy]),
    problemOf: useCallback((id: string) => problems.get(id) ?? null, [problems]),
  };
}

export type Steering = ReturnType<typeof useSteering>;

function without<V>(map: ReadonlyMap<string, V>, id: string): ReadonlyMap<string, V> {
  if (!map.has(id)) return map;
  const next = new Map(map);
  next.delete(id);
  return next;
}

export function words(error: unknown): string {
  return said(error, "This job is not there any more.");
}
