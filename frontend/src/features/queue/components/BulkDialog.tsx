// Many jobs at once: how many first, then the question, then what came of it. The number for a filter is the server's
// own, from a dry run.
import { useEffect, useRef, useState } from "react";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import type { BulkResult, Job, JobAction, JobFilter } from "@/lib/api";
import { figure, many } from "@/lib/figures";
import { useBulk } from "../api";
import { words, type Steering } from "../useSteering";
import styles from "./BulkDialog.module.css";

interface BulkDialogProps {
  action: JobAction;
  /** By filter; null: the jobs themselves. */
  filter: JobFilter | null;
  /** Of the ticked ones those that take the action. */
  jobs: Job[] | null;
  /** How many are ticked. */
  chosen: number;
  steer: Steering["steer"];
  /** `done`: something was changed, or tried. */
  onClose: (done: boolean) => void;
}

interface Words {
  ask: (n: string) => string;
  loses: string;
  leave: string;
  go: (n: string) => string;
  did: string;
}

const WORDS: Record<JobAction, Words> = {
  retry: {
    ask: (n) => `Retry ${n}?`,
    loses: "Each runs as soon as its turn comes. Starts that were given up are asked for again, in your name.",
    leave: "Leave them",
    go: (n) => `Retry ${n}`,
    did: "retried",
  },
  cancel: {
    ask: (n) => `Cancel ${n}?`,
    loses: "A cancelled start leaves its desktop stopped; its files stay. A cancelled stop leaves it running.",
    leave: "Leave them",
    go: (n) => `Cancel ${n}`,
    did: "cancelled",
  },
};

/** At once; the api counts calls. */
const TOGETHER = 4;

type Outcome = Pick<BulkResult, "changed" | "refused"> & { refusedMore: number };

export function BulkDialog({ action, filter, jobs, chosen, steer, onClose }: BulkDialogProps) {
  const bulk = useBulk();
  const { mutate: ask, mutateAsync } = bulk;
  const [found, setFound] = useState<BulkResult | null>(
    jobs && { matched: chosen, eligible: jobs.length, changed: 0, refused: [] },
  );
  const [progress, setProgress] = useState<number | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const harmless = useRef<HTMLButtonElement>(null);
  const text = WORDS[action];

  useEffect(() => {
    if (!filter) return;
    ask({ action, filter, dryRun: true }, { onSuccess: setFound, onError: (error) => setProblem(words(error)) });
    // Once, when it opens: the number belongs to the question.
  }, [ask, action, filter]);

  async function go() {
    setProblem(null);
    setProgress(0);
    try {
      if (filter) {
        const { changed, refused, matched } = await mutateAsync({ action, filter, dryRun: false });
        setOutcome({ changed, refused, refusedMore: Math.max(0, matched - changed - refused.length) });
      } else setOutcome(await each(jobs ?? []));
    } catch (error) {
      setProblem(words(error));
    }
    setProgress(null);
  }

  async function each(all: Job[]): Promise<Outcome> {
    const refused: Outcome["refused"] = [];
    let changed = 0;
    const rest = [...all];
    const one = async () => {
      for (let job = rest.shift(); job; job = rest.shift()) {
        const result = await steer(job, action);
        if (typeof result === "string") refused.push({ id: job.id, code: "", detail: result });
        else changed += 1;
        setProgress(changed + refused.length);
      }
    };
    await Promise.all(Array.from({ length: TOGETHER }, one));
    return { changed, refused, refusedMore: 0 };
  }

  const close = () => progress === null && onClose(outcome !== null);
  if (outcome) return <Result did={text.did} outcome={outcome} onClose={close} />;
  const n = found ? many(found.eligible, "job") : "jobs";
  return (
    <Dialog
      open
      alert
      onClose={close}
      title={found ? (found.eligible === 0 ? `None can be ${text.did} now` : text.ask(n)) : `${text.ask("these jobs")}`}
      text={found ? numbers(found, text) : problem ? null : "Counting them."}
      initialFocus={harmless}
      actions={
        <>
          <Button ref={harmless} onClick={close}>
            {text.leave}
          </Button>
          {found?.eligible !== 0 && (
            <Button
              variant={action === "cancel" ? "danger" : "primary"}
              busy={progress !== null || (!found && !problem)}
              disabled={!found}
              onClick={() => void go()}
            >
              {progress && !filter ? `${figure(progress)} of ${figure(found?.eligible ?? 0)}` : text.go(n)}
            </Button>
          )}
        </>
      }
    >
      {problem && (
        <p className={styles.problem} role="alert">
          {problem}
        </p>
      )}
    </Dialog>
  );
}

function numbers({ matched, eligible }: BulkResult, { loses, did }: Words): string {
  if (matched === 0) return "Nothing matches any more.";
  if (eligible === 0) return `${many(matched, "job")} found, and in none of their states that is possible.`;
  const rest = matched - eligible;
  return rest > 0 ? `${loses} ${many(rest, "other")} of the ${figure(matched)} cannot be ${did} now.` : loses;
}

function Result({ did, outcome, onClose }: { did: string; outcome: Outcome; onClose: () => void }) {
  const { changed, refused, refusedMore } = outcome;
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => close.current?.focus(), []);
  const not = refused.length + refusedMore;
  return (
    <Dialog
      open
      onClose={onClose}
      title={`${changed === 0 ? "No job" : many(changed, "job")} ${did}`}
      text={not === 0 ? undefined : `${figure(not)} ${not === 1 ? "was" : "were"} refused:`}
      initialFocus={close}
      actions={
        <Button ref={close} onClick={onClose}>
          Close
        </Button>
      }
    >
      {refused.length > 0 && (
        <ul className={styles.refused} role="list">
          {gathered(refused).map(({ detail, n }) => (
            <li key={detail}>
              {n > 1 && <b>{figure(n)} ×</b>} {detail}
            </li>
          ))}
          {refusedMore > 0 && <li>and {many(refusedMore, "other")}</li>}
        </ul>
      )}
    </Dialog>
  );
}

/** The same words once, with how often. */
function gathered(refused: Outcome["refused"]): { detail: string; n: number }[] {
  const times = new Map<string, number>();
  for (const { detail } of refused) times.set(detail, (times.get(detail) ?? 0) + 1);
  return [...times].map(([detail, n]) => ({ detail, n }));
}
