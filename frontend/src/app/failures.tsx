// What stands there when a page cannot be shown: nobody answers, the address is unknown, or the page itself broke.
import { Component, type ReactNode } from "react";
import { ButtonLink } from "@/components/ui/Button";
import { Mark } from "@/components/ui/Mark";
import { PageFailed } from "@/components/ui/PageFailed";
import { isApiError } from "@/lib/api";
import { reportPageError } from "@/lib/pageErrors";
import { paths } from "@/lib/router";
import { useTitle } from "@/lib/useTitle";
import styles from "./failures.module.css";

interface FailedProps {
  error: unknown;
  onRetry: () => void;
  busy?: boolean;
}

export function Failed({ error, onRetry, busy }: FailedProps) {
  return (
    <main className={styles.page} id="main">
      <Mark />
      <PageFailed
        whole
        what={isApiError(error) ? "Berth could not be loaded" : "This page stopped working"}
        error={error}
        onRetry={onRetry}
        busy={busy}
      />
    </main>
  );
}

/** The last net: a fault in a page, or a part of it that could not be fetched after an update of the server. */
export class CatchFailure extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override componentDidCatch(error: unknown) {
    if (!isApiError(error)) reportPageError(error);
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return <Failed error={this.state.error} onRetry={() => location.reload()} />;
  }
}

export function NoPage() {
  useTitle("No such page");
  return (
    <main className={styles.page} id="main">
      <Mark />
      <section className={`card ${styles.none}`}>
        <h1>There is no such page</h1>
        <p>The address may be old, or mistyped.</p>
        <ButtonLink to={paths.home} variant="primary">
          Go to your desktops
        </ButtonLink>
      </section>
    </main>
  );
}
