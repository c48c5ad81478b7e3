// Tokens for one's own programs: what each may do, until when, when it was last used. The token itself is shown once.
import { lazy, Suspense, useState } from "react";
import { Button } from "@/components/ui/Button";
import { CONNECTION_BANNER_ID, useOffline } from "@/lib/events";
import { useNow } from "@/lib/time/ticker";
import { ago, exact } from "@/lib/time/words";
import { useTokens, type Token } from "../api";
import { ends, scopeWords } from "../words";
import { Loaded } from "./Loaded";
import { Part } from "./Part";
import styles from "./Part.module.css";

const NewTokenDialog = lazy(() => import("./NewTokenDialog").then((m) => ({ default: m.NewTokenDialog })));
const DeleteTokenDialog = lazy(() => import("./DeleteTokenDialog").then((m) => ({ default: m.DeleteTokenDialog })));

/** The most that one person may have. */
const MOST = 20;

export function TokensPart() {
  const tokens = useTokens();
  const offline = useOffline();
  const [making, setMaking] = useState(false);
  const [deleting, setDeleting] = useState<Token | null>(null);
  const full = (tokens.data?.length ?? 0) >= MOST;
  return (
    <Part
      title="API tokens"
      text={
        <>
          For your own programs: they send one instead of signing in. What the API can do is described at{" "}
          <a href="/api/docs">/api/docs</a>.
        </>
      }
    >
      <Loaded query={tokens}>
        {(items) => (
          <>
            {items.length === 0 && <p className={styles.none}>You have none.</p>}
            <ul className={styles.list} role="list" aria-label="API tokens">
              {items.map((token) => (
                <li key={token.id}>
                  <Words token={token} />
                  <Button
                    size="sm"
                    variant="danger"
                    disabled={offline}
                    aria-label={`Delete ${token.name}`}
                    aria-describedby={offline ? CONNECTION_BANNER_ID : undefined}
                    onClick={() => setDeleting(token)}
                  >
                    Delete
                  </Button>
                </li>
              ))}
            </ul>
            <Button
              icon="plus"
              disabled={offline || full}
              aria-describedby={offline ? CONNECTION_BANNER_ID : full ? "tokens-full" : undefined}
              onClick={() => setMaking(true)}
            >
              Make a token
            </Button>
            {full && (
              <p className={styles.none} id="tokens-full">
                You have all {MOST}. Delete one you no longer need.
              </p>
            )}
          </>
        )}
      </Loaded>
      <Suspense>
        {making && <NewTokenDialog onClose={() => setMaking(false)} />}
        {deleting && <DeleteTokenDialog token={deleting} onClose={() => setDeleting(null)} />}
      </Suspense>
    </Part>
  );
}

function Words({ token }: { token: Token }) {
  const now = useNow();
  const used = token.last_used_at === null ? null : Date.parse(token.last_used_at);
  const end = ends(token, now);
  return (
    <span className={styles.what}>
      <b>{token.name}</b>
      <small>{scopeWords(token)}</small>
      <small>
        <span className={end.soon ? styles.old : undefined}>{end.words}</span> ·{" "}
        <span title={used === null ? undefined : exact(used)}>
          {used === null ? "never used" : `last used ${ago(used, now)}`}
        </span>
      </small>
    </span>
  );
}
