// How somebody gets in and where they are in: ways, second step, places; and what helps when they cannot get in.
import { Button } from "@/components/ui/Button";
import facts from "@/components/ui/Facts.module.css";
import form from "@/components/ui/form.module.css";
import { Section } from "@/components/ui/Section";
import { Skeleton } from "@/components/ui/Skeleton";
import { Problem } from "@/components/ui/AskDialog";
import { ago } from "@/features/admin/words";
import { notLoaded, said, type Session } from "@/lib/api";
import { CONNECTION_BANNER_ID } from "@/lib/events";
import { useNow } from "@/lib/time/ticker";
import { exact } from "@/lib/time/words";
import { useDelayed } from "@/lib/useDelayed";
import { useEndSessions, usePersonSessions, type AdminUser } from "../api";
import { usePeopleContext } from "../PeopleContext";
import styles from "./PersonDrawer.module.css";

export function PersonSignIn({ person }: { person: AdminUser }) {
  const { offline, ask } = usePeopleContext();
  const waits = { disabled: offline, "aria-describedby": offline ? CONNECTION_BANNER_ID : undefined };
  return (
    <>
      <Section title="Signing in">
        <dl className={`${facts.facts} ${styles.facts}`}>
          <dt>Ways</dt>
          <dd>{ways(person)}</dd>
          <dt>Second step</dt>
          <dd>{person.two_factor ? "A code from their phone" : "None"}</dd>
        </dl>
        {!person.deleting && (
          <div className={`${form.actions} ${form.start}`}>
            <Button size="sm" icon="keys" {...waits} onClick={() => ask("password", person)}>
              Set a new password
            </Button>
            <Button size="sm" icon="open" {...waits} onClick={() => ask("invite", person)}>
              Make an invite link
            </Button>
            {person.two_factor && (
              <Button size="sm" variant="danger" {...waits} onClick={() => ask("two-factor", person)}>
                Switch off the second step
              </Button>
            )}
          </div>
        )}
      </Section>
      <Sessions person={person} />
    </>
  );
}

function ways({ sign_in, invited }: AdminUser): string {
  const words = sign_in.map((way) => (way === "password" ? "Password" : way.replace(/^oidc:/, "")));
  if (words.length > 0) return words.join(", ");
  return invited ? "None yet: an invite link is out" : "None yet";
}

function Sessions({ person }: { person: AdminUser }) {
  const { offline } = usePeopleContext();
  const sessions = usePersonSessions(person.id);
  const end = useEndSessions(person.id);
  const late = useDelayed(sessions.isPending);
  const busyWith = end.isPending ? (end.variables ?? "all") : null;
  return (
    <Section title="Where they are signed in" aside={sessions.data?.length === 0 ? undefined : "newest first"}>
      {late && <Skeleton height="60px" />}
      {sessions.isError && !sessions.data && <p className={styles.none}>{notLoaded(sessions.error)}</p>}
      {sessions.data?.length === 0 && <p className={styles.none}>Nowhere.</p>}
      {sessions.data && sessions.data.length > 0 && (
        <>
          <ul className={styles.list} role="list">
            {sessions.data.map((session) => (
              <Place
                key={session.id}
                session={session}
                busy={busyWith === session.id}
                offline={offline}
                onEnd={() => end.mutate(session.id)}
              />
            ))}
          </ul>
          <Button
            size="sm"
            busy={busyWith === "all"}
            disabled={offline}
            aria-describedby={offline ? CONNECTION_BANNER_ID : undefined}
            onClick={() => end.mutate(undefined)}
          >
            Sign them out everywhere
          </Button>
        </>
      )}
      <Problem text={end.error && said(end.error, "It has ended already.")} />
    </Section>
  );
}

interface PlaceProps {
  session: Session;
  busy: boolean;
  offline: boolean;
  onEnd: () => void;
}

function Place({ session, busy, offline, onEnd }: PlaceProps) {
  const now = useNow();
  const used = Date.parse(session.last_used_at);
  return (
    <li>
      <span className={styles.what}>
        {session.device}
        <small title={exact(used)}>
          {session.address}, used {ago(now - used)}
        </small>
      </span>
      <Button
        size="sm"
        variant="quiet"
        busy={busy}
        disabled={offline}
        aria-label={`End ${session.device}, ${session.address}`}
        onClick={onEnd}
      >
        End
      </Button>
    </li>
  );
}
