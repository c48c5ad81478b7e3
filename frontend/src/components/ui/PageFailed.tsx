// A part of the page that could not be had: what failed, a way to try again, and the request's id for whoever helps.
import { isApiError } from "@/lib/api";
import { Button } from "./Button";
import styles from "./PageFailed.module.css";

interface PageFailedProps {
  /** "Your desktops could not be loaded." */
  what: string;
  error: unknown;
  onRetry: () => void;
  busy?: boolean;
  /** It stands for a whole page, the heading included. */
  whole?: boolean;
}

export function PageFailed({ what, error, onRetry, busy, whole }: PageFailedProps) {
  const Heading = whole ? "h1" : "h2";
  const requestId = isApiError(error) ? error.requestId : null;
  return (
    <section className={`card ${styles.failed}`} role="alert">
      <Heading>{what}</Heading>
      <p>{why(error)}</p>
      <Button onClick={onRetry} busy={busy} icon="retry">
        Try again
      </Button>
      {requestId && (
        <p className={styles.request}>
          request <code>{requestId}</code>
        </p>
      )}
    </section>
  );
}

function why(error: unknown): string {
  if (!isApiError(error)) return "Something went wrong on this page.";
  if (error.unreachable) return "Berth does not answer. Desktops that are open keep working.";
  if (error.databaseDown) return "Berth’s database does not answer. Open desktops keep working.";
  if (error.status === 429) return "That was a lot at once. In a moment it works again.";
  return "Berth could not answer this. If it happens again, tell your administrator.";
}
