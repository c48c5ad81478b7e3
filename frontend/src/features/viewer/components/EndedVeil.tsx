// No picture any more, and no use in trying: why, and the next step.
import { Button, ButtonLink } from "@/components/ui/Button";
import { StatusPill } from "@/components/ui/StatusPill";
import { useStartDesktop } from "@/features/desktops/api";
import { STATUS } from "@/features/desktops/status";
import { isApiError, sessionEnded, type Desktop, type DesktopStatus } from "@/lib/api";
import { paths } from "@/lib/router";
import type { EndedKind } from "../connection";
import { useWordsContext } from "../useWordsContext";
import { endedWords } from "../words";
import { Veil } from "./Veil";

interface EndedVeilProps {
  kind: EndedKind;
  desktopId: string;
  desktop: Desktop | null;
  /** The last known name; null when it never had one here. */
  name: string | null;
}

export function EndedVeil({ kind, desktopId, desktop, name }: EndedVeilProps) {
  const start = useStartDesktop();
  const context = useWordsContext();
  const losesHome = desktop?.home === "thrown_away";
  const { title, lead, text, next } = endedWords(kind, desktop, name, context, losesHome);
  return (
    <Veil
      kind="ended"
      title={title}
      mark={<Mark kind={kind} desktop={desktop} />}
      text={
        <>
          {lead && (
            <p>
              <b>{lead}</b>
            </p>
          )}
          <p>{text}</p>
          {start.isError && <p role="alert">{refusal(start.error)}</p>}
        </>
      }
      actions={
        <>
          {next === "Sign in" && (
            <Button variant="primary" onClick={sessionEnded}>
              Sign in
            </Button>
          )}
          {next !== null && next !== "Sign in" && (
            <Button variant="primary" icon="play" busy={start.isPending} onClick={() => start.mutate(desktopId)}>
              {next}
            </Button>
          )}
          <ButtonLink to={paths.home} variant={next === null ? "primary" : "plain"}>
            Back to your desktops
          </ButtonLink>
        </>
      }
    />
  );
}

/** The status as the rest of the page shows it; the socket may know before the record does. */
function Mark({ kind, desktop }: Pick<EndedVeilProps, "kind" | "desktop">) {
  if (kind === "signed_out" || (kind === "deleted" && !desktop)) return null;
  if (kind === "lost") return <Pill status="stopped" word="Ended" />;
  const status = kind === "deleted" ? "deleting" : kind;
  return <Pill status={kind === "stopped" && desktop?.status === "stopping" ? "stopping" : status} />;
}

function Pill({ status, word }: { status: DesktopStatus; word?: string }) {
  const look = STATUS[status];
  return (
    <StatusPill tone={look.tone} icon={look.icon} spin={look.spin}>
      {word ?? look.word}
    </StatusPill>
  );
}

function refusal(error: Error): string {
  return isApiError(error) && !error.unreachable ? error.detail : "Berth does not answer. Try again in a moment.";
}
