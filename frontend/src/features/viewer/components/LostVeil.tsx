// The connection broke, or too many windows are open: how it goes on by itself, when, and a way to be quicker.
import { Button, ButtonLink } from "@/components/ui/Button";
import { useLimits } from "@/features/desktops/api";
import { many } from "@/lib/figures";
import { usePhase, type ConnectionPhase } from "@/lib/events";
import { paths } from "@/lib/router";
import { useNow } from "@/lib/time/ticker";
import { lengthOfTime } from "../words";
import type { Loss } from "../connection";
import { PartedRope } from "./drawings";
import { Veil } from "./Veil";
import styles from "./Veil.module.css";

interface LostVeilProps {
  loss: Loss;
  /** When the next try is; null while one is under way. */
  nextAt: number | null;
  onTryNow: () => void;
}

export function LostVeil({ loss, nextAt, onTryNow }: LostVeilProps) {
  const now = useNow();
  const stream = usePhase();
  // A browser is not told why a connection was refused before it began; the limits say it.
  const streams = useLimits().data?.streams;
  const crowded = streams !== undefined && streams.used >= streams.limit;
  const left = nextAt === null ? 0 : Math.ceil((nextAt - now) / 1000);
  return (
    <Veil
      kind="lost"
      late={loss.tries <= 1 && loss.seen}
      title={crowded ? "Too many windows are open" : loss.seen ? "Connection lost" : "No connection yet"}
      mark={<PartedRope className={styles.rope} />}
      text={
        <p>
          {crowded
            ? `You have ${many(streams.used, "window")} with a desktop open, and may have ${streams.limit}. Close one; this one then opens by itself. `
            : loss.seen
              ? "Your desktop keeps running and nothing is lost. "
              : "Your desktop is running. "}
          {left > 0 ? (
            <>
              Trying again in{" "}
              <b role="timer" aria-live="off">
                {left} s
              </b>
              .
            </>
          ) : (
            <b>Trying now.</b>
          )}
        </p>
      }
      actions={
        <>
          <Button variant="primary" onClick={onTryNow}>
            Try now
          </Button>
          <ButtonLink to={paths.home}>Back to your desktops</ButtonLink>
        </>
      }
      fine={[
        loss.seen ? `Lost ${lengthOfTime(now - loss.at)} ago` : `For ${lengthOfTime(now - loss.at)}`,
        loss.tries === 1 ? "1 try so far" : `${loss.tries} tries so far`,
        network(stream),
      ]
        .filter(Boolean)
        .join(" · ")}
    />
  );
}

/** What the page knows about the way in between; nothing when it knows nothing. */
function network(stream: ConnectionPhase): string {
  if (!navigator.onLine) return "this computer is offline";
  return stream === "live" ? "your own network looks fine" : "";
}
