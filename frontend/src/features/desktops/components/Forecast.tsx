// What a start asked for now would wait, from the server's own estimate.
import type { Limits, Template } from "@/lib/api";
import { aboutWait, roundLength } from "@/lib/time/words";

interface ForecastProps {
  line: Limits["queue"];
  template: Template | undefined;
}

export function Forecast({ line: { waiting, eta_seconds, slots }, template }: ForecastProps) {
  const typical = template?.typical_start_ms ?? null;
  const waitingWords =
    waiting === 0 ? null : (
      <>
        Right now <b>{waiting === 1 ? "1 start" : `${waiting} starts`}</b> {waiting === 1 ? "is" : "are"} waiting.
      </>
    );
  if (eta_seconds === null) {
    return (
      <p>
        {waitingWords} {slots.total === 0 ? "No estimate: nothing is starting desktops right now." : "No estimate yet."}
      </p>
    );
  }
  if (waiting === 0 && slots.busy < slots.total) {
    return (
      <p>
        No waiting line right now.
        {typical !== null && (
          <>
            {" "}
            Yours is usually ready in <b>{roundLength(typical)}</b>.
          </>
        )}
      </p>
    );
  }
  return (
    <p>
      {waitingWords} Yours would be ready in <b>{aboutWait(eta_seconds)}</b>.
    </p>
  );
}
