// What holds for the whole page: the database does not answer, or the connection is gone and since when.
import { Banner } from "@/components/ui/Banner";
import { Button } from "@/components/ui/Button";
import { useDatabaseDown } from "@/lib/api";
import { CONNECTION_BANNER_ID, retryNow, useConnectionState, usePhase } from "@/lib/events";
import { asServerTime } from "@/lib/time/clock";
import { useSecondsLeft } from "@/lib/time/useSecondsLeft";
import { clock } from "@/lib/time/words";

export function ConnectionBanner() {
  const databaseDown = useDatabaseDown();
  const lost = usePhase() === "lost";
  if (databaseDown) {
    return (
      <Banner tone="bad" icon="warn" id={CONNECTION_BANNER_ID}>
        <b>Berth’s database does not answer.</b> Open desktops keep working. It is tried again all the time.
      </Banner>
    );
  }
  return lost ? <NotConnected /> : null;
}

function NotConnected() {
  const { heardAt, nextTryAt } = useConnectionState();
  const seconds = useSecondsLeft(nextTryAt === null ? null : asServerTime(nextTryAt)) ?? 0;
  return (
    <Banner
      tone="warn"
      icon="wifi"
      id={CONNECTION_BANNER_ID}
      action={
        <Button size="sm" onClick={retryNow}>
          Try now
        </Button>
      }
    >
      <b>Not connected.</b> {heardAt !== null && `What you see is from ${clock(heardAt)}. `}Your desktops keep running;{" "}
      <span role="timer">{seconds > 0 ? `trying again in ${seconds} s.` : "trying now."}</span>
    </Banner>
  );
}
