// What stands in front of the picture, by the state of the connection. Nothing when the picture is live.
import { Button, ButtonLink } from "@/components/ui/Button";
import type { Desktop } from "@/lib/api";
import { paths } from "@/lib/router";
import type { Connection } from "../connection";
import { Connecting } from "./Connecting";
import { EndedVeil } from "./EndedVeil";
import { LostVeil } from "./LostVeil";
import { Veil } from "./Veil";

interface OverlayProps {
  state: Connection;
  desktopId: string;
  /** Undefined while it is not known yet, null when there is none. */
  desktop: Desktop | null | undefined;
  name: string | null;
  /** Set when the record could not be read. */
  unknown: { retry: () => void; busy: boolean } | null;
  onTryNow: () => void;
}

export function Overlay({ state, desktopId, desktop = null, name, unknown, onTryNow }: OverlayProps) {
  switch (state.phase) {
    case "waiting":
      if (unknown) return <Unknown {...unknown} />;
      return <Connecting name={name ?? ""} desktop={desktop} />;
    case "connecting":
      if (state.quiet) return null;
      if (state.loss) return <LostVeil loss={state.loss} nextAt={null} onTryNow={onTryNow} />;
      return <Connecting name={name ?? ""} desktop={desktop} />;
    case "lost":
      return <LostVeil loss={state.loss} nextAt={state.nextAt} onTryNow={onTryNow} />;
    case "connected":
    case "renewing":
      return null;
    case "ended":
      return <EndedVeil kind={state.kind} desktopId={desktopId} desktop={desktop} name={name} />;
  }
}

function Unknown({ retry, busy }: { retry: () => void; busy: boolean }) {
  return (
    <Veil
      kind="failed"
      title="Berth does not answer"
      text={<p>Whether this desktop is running cannot be seen right now. A desktop that runs keeps running.</p>}
      actions={
        <>
          <Button variant="primary" icon="retry" busy={busy} onClick={retry}>
            Try again
          </Button>
          <ButtonLink to={paths.home}>Back to your desktops</ButtonLink>
        </>
      }
    />
  );
}
