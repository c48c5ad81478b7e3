// Before the first picture: the desktop's name, that it is being connected, and after three seconds the step it is at.
// For a desktop that waits or starts: its own word, place and sentence, at once.
import { Button, ButtonLink } from "@/components/ui/Button";
import { Icon } from "@/components/ui/Icon";
import { StatusPill } from "@/components/ui/StatusPill";
import { useStopDesktop } from "@/features/desktops/api";
import { ACTION_WORDS, STATUS } from "@/features/desktops/status";
import type { Desktop } from "@/lib/api";
import { paths } from "@/lib/router";
import { useDelayed } from "@/lib/useDelayed";
import { useWordsContext } from "../useWordsContext";
import { onItsWay, placeInLine } from "../words";
import styles from "./Veil.module.css";

interface ConnectingProps {
  name: string;
  /** Null while nothing is known of it yet. */
  desktop: Desktop | null;
}

export function Connecting({ name, desktop }: ConnectingProps) {
  const context = useWordsContext();
  const stop = useStopDesktop();
  const late = useDelayed(true, 3_000);
  const coming = desktop?.status === "queued" || desktop?.status === "starting";
  const look = coming ? STATUS[desktop.status] : null;
  const place = desktop && placeInLine(desktop);
  const said = desktop && (coming || late) ? onItsWay(desktop, context) : null;
  return (
    <section className={styles.before} data-testid="viewer-overlay" data-kind="connecting" aria-label="Connecting">
      <h2>{name}</h2>
      {look ? (
        <StatusPill tone={look.tone} icon={look.icon} spin={look.spin}>
          {look.word}
        </StatusPill>
      ) : (
        <p className={styles.word}>
          <Icon name="ring" spin />
          Connecting
        </p>
      )}
      <div className={styles.step}>
        {place && <p>{place}</p>}
        {said && (
          <p>
            {said.lead && <b>{said.lead}</b>} {said.text}
          </p>
        )}
      </div>
      <div className={styles.actions}>
        {coming && (
          <Button className={styles.dark} busy={stop.isPending} onClick={() => stop.mutate(desktop.id)}>
            {ACTION_WORDS.cancelStart}
          </Button>
        )}
        {(coming || late) && (
          <ButtonLink to={paths.home} className={styles.dark}>
            Back to your desktops
          </ButtonLink>
        )}
      </div>
    </section>
  );
}
