// Where one is signed in: one place can be ended, or all of them, this one too.
import { Problem } from "@/components/ui/AskDialog";
import { Button } from "@/components/ui/Button";
import { StatusPill } from "@/components/ui/StatusPill";
import { useSignOut } from "@/features/session/useSignOut";
import { said, type Session } from "@/lib/api";
import { CONNECTION_BANNER_ID, useOffline } from "@/lib/events";
import { useNow } from "@/lib/time/ticker";
import { ago, exact } from "@/lib/time/words";
import { useEndSession, useSessions } from "../api";
import { Loaded } from "./Loaded";
import { Part } from "./Part";
import styles from "./Part.module.css";

export function SessionsPart() {
  const sessions = useSessions();
  const offline = useOffline();
  const end = useEndSession();
  const { signOut, busy } = useSignOut();
  const waits = { disabled: offline, "aria-describedby": offline ? CONNECTION_BANNER_ID : undefined };
  return (
    <Part
      title="Where you are signed in"
      text="End one that you do not know, and change your password. What is open there closes; your desktops keep running."
    >
      <Loaded query={sessions}>
        {(items) => (
          <>
            <ul className={styles.list} role="list" aria-label="Where you are signed in">
              {items.map((session) => (
                <Place key={session.id} session={session}>
                  {session.current ? (
                    <StatusPill tone="ok" icon="dotfull">
                      Here
                    </StatusPill>
                  ) : (
                    <Button
                      size="sm"
                      {...waits}
                      busy={end.isPending && end.variables === session.id}
                      aria-label={`End ${session.device}, ${session.address}`}
                      onClick={() => end.mutate(session.id)}
                    >
                      End
                    </Button>
                  )}
                </Place>
              ))}
            </ul>
            <Problem text={end.error && said(end.error)} />
            <Button {...waits} busy={busy} onClick={() => signOut("everywhere")}>
              Sign out everywhere, here too
            </Button>
          </>
        )}
      </Loaded>
    </Part>
  );
}

function Place({ session, children }: { session: Session; children: React.ReactNode }) {
  const now = useNow();
  const used = Date.parse(session.last_used_at);
  return (
    <li>
      <span className={styles.what}>
        <b>{session.device}</b>
        <small title={exact(used)}>
          {session.address}, {session.current ? "used now" : `used ${ago(used, now)}`}
        </small>
      </span>
      {children}
    </li>
  );
}
