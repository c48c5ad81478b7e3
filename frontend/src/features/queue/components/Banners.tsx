// What holds the queue up, most serious first: no worker, an engine that does not answer, a pause, a worker that fell
// silent. Red only for what does not heal by itself.
import { useState } from "react";
import { Banner } from "@/components/ui/Banner";
import { Button } from "@/components/ui/Button";
import { toast } from "@/components/ui/Toast";
import { useHoldQueue, waiting } from "@/features/admin/useAdminQueue";
import { age, moment, workerName } from "@/features/admin/words";
import type { AdminQueue, Worker } from "@/lib/api";
import { CONNECTION_BANNER_ID } from "@/lib/events";
import { figure, many } from "@/lib/figures";
import { useNow } from "@/lib/time/ticker";
import { useQueueContext } from "../QueueContext";
import { words } from "../useSteering";

interface BannersProps {
  queue: AdminQueue | undefined;
  workers: Worker[] | undefined;
}

export function Banners({ queue, workers }: BannersProps) {
  const [dismissed, setDismissed] = useState<ReadonlySet<string>>(new Set());
  const silent = workers?.filter((worker) => worker.state === "silent" && !dismissed.has(worker.id)) ?? [];
  return (
    <>
      {queue?.workers === 0 && <NoWorker queue={queue} />}
      {queue?.nodes
        .filter((node) => !node.engine_up)
        .map((node) => (
          <Banner key={node.id} tone="bad" icon="warn">
            <b>The engine on {node.id} does not answer.</b> {held(queue)} go on by themselves as soon as it does.
            {node.engine_error && (
              <>
                {" "}
                <code>{node.engine_error}</code>
              </>
            )}
          </Banner>
        ))}
      {queue?.paused && <Paused queue={queue} at={Date.parse(queue.paused.at)} by={queue.paused.by} />}
      {/* While none is left, the red banner says it. */}
      {queue?.workers !== 0 &&
        silent.map((worker) => (
          <Silent
            key={worker.id}
            worker={worker}
            onDismiss={() => setDismissed((known) => new Set(known).add(worker.id))}
          />
        ))}
    </>
  );
}

function NoWorker({ queue }: { queue: AdminQueue }) {
  const now = useNow();
  const n = waiting(queue);
  const since = queue.oldest_wait_ms === null ? "" : ` since ${moment(now - queue.oldest_wait_ms, now)}`;
  return (
    <Banner tone="bad" icon="warn">
      <b>No worker is running.</b>{" "}
      {n === 0 ? "Nothing waits yet." : `${many(n, "job")} ${n === 1 ? "waits" : "wait"}${since}.`} Start one with{" "}
      <code>berth worker</code>; {n === 1 ? "it goes" : "they go"} on by {n === 1 ? "itself" : "themselves"}.
    </Banner>
  );
}

function held(queue: AdminQueue): string {
  const n = waiting(queue);
  return n === 0
    ? "Nothing waits now; new jobs"
    : `${many(n, "job")} ${n === 1 ? "keeps its" : "keep their"} place and`;
}

function Paused({ queue, at, by }: { queue: AdminQueue; at: number; by: string }) {
  const { offline } = useQueueContext();
  const hold = useHoldQueue();
  const now = useNow();
  const starts = queue.by_kind["desktop.create"]?.waiting ?? 0;
  const waits =
    starts === 0
      ? "No start waits yet; users"
      : `${many(starts, "start")} ${starts === 1 ? "waits" : "wait"} and users`;
  return (
    <Banner
      tone="warn"
      icon="pause"
      action={
        <Button
          size="sm"
          variant="primary"
          busy={hold.isPending}
          disabled={offline}
          aria-describedby={offline ? CONNECTION_BANNER_ID : undefined}
          onClick={() =>
            hold.mutate("resume", { onError: (error) => toast(`The queue is still paused. ${words(error)}`) })
          }
        >
          Resume
        </Button>
      }
    >
      <b>The queue is paused.</b> {by} paused it at {moment(at, now)}. {waits} see “paused by an administrator”. Running
      jobs finish; stops and clean-ups go on.
    </Banner>
  );
}

function Silent({ worker, onDismiss }: { worker: Worker; onDismiss: () => void }) {
  const { filter, setFilter } = useQueueContext();
  const now = useNow();
  const { id, running, given_back } = worker;
  const jobs = running > 0 ? running : given_back;
  const word = jobs === 1 ? "1 job" : `${figure(jobs)} jobs`;
  const sentence =
    running > 0
      ? `Its ${word} ${running === 1 ? "goes" : "go"} on elsewhere as soon as the lease ends; nothing is lost.`
      : given_back > 0
        ? `Its ${word} went on elsewhere; nothing was lost.`
        : "It had nothing in hand.";
  return (
    <Banner
      tone="warn"
      icon="warn"
      action={
        <>
          {jobs > 0 && (
            <Button size="sm" onClick={() => setFilter({ ...filter, state: undefined, worker: id })}>
              See its {word}
            </Button>
          )}
          <Button size="sm" variant="quiet" iconOnly icon="x" aria-label="Hide this notice" onClick={onDismiss} />
        </>
      }
    >
      <b>
        {workerName(id)} fell silent {age(now - Date.parse(worker.last_seen_at))} ago.
      </b>{" "}
      {sentence} Look at its machine if it does not come back.
    </Banner>
  );
}
