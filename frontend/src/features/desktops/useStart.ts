// Starting a new desktop, and what stands in its way: known beforehand from the limits, or said by a refusal.
import { useCallback, useState } from "react";
import { isApiError, type CreateDesktop, type Limits } from "@/lib/api";
import { announce } from "@/lib/announce";
import { serverNow } from "@/lib/time/clock";
import { useNow } from "@/lib/time/ticker";
import { quotaObstacle, refusalObstacle, windowObstacle, type Obstacle } from "./allowance";
import { useCreateDesktop } from "./api";

export interface Start {
  obstacle: Obstacle | null;
  /** What went wrong with the last try, when it is not an obstacle. */
  problem: string | null;
  busyTemplate: string | null;
  start: (body: CreateDesktop, onStarted?: () => void) => void;
  /** A start elsewhere on the page was refused. */
  refuse: (error: unknown) => void;
}

export function useStart(limits: Limits | undefined, limitsAt: number): Start {
  const create = useCreateDesktop();
  const [refusal, setRefusal] = useState<{ obstacle: Obstacle; at: number } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const now = useNow();

  const refuse = useCallback(
    (error: unknown) => {
      const obstacle = refusalObstacle(error, limits, serverNow());
      setRefusal(obstacle && { obstacle, at: Date.now() });
      setProblem(obstacle ? null : words(error));
    },
    [limits],
  );

  const { mutate } = create;
  const start = useCallback(
    (body: CreateDesktop, onStarted?: () => void) => {
      setProblem(null);
      setRefusal(null);
      mutate(body, {
        onError: refuse,
        onSuccess: (desktop) => {
          announce(desktop.id, `${desktop.name} is asked for.`);
          onStarted?.();
        },
      });
    },
    [mutate, refuse],
  );

  const obstacle = quotaObstacle(limits) ?? windowObstacle(limits, now) ?? standing(refusal, limitsAt, now);
  return { obstacle, problem, busyTemplate: create.isPending ? create.variables.template : null, start, refuse };
}

/** A refusal stands until its time is up, or until newer limits say otherwise. */
function standing(refusal: { obstacle: Obstacle; at: number } | null, limitsAt: number, now: number): Obstacle | null {
  if (!refusal) return null;
  if (refusal.obstacle.kind === "quota") return limitsAt > refusal.at ? null : refusal.obstacle;
  return refusal.obstacle.until > now ? refusal.obstacle : null;
}

function words(error: unknown): string {
  if (!isApiError(error)) return "That did not work, and nothing was started. Try again.";
  if (error.unreachable) return "Berth does not answer. If the start was asked for, it shows up here by itself.";
  if (error.code === "unknown_template") return "That template is not there any more. Choose another one.";
  if (error.status === 422) return error.detail;
  if (error.databaseDown) return "Berth’s database does not answer. Nothing was started; try again in a moment.";
  return "That did not work, and nothing was started. Try again, or tell your administrator.";
}
