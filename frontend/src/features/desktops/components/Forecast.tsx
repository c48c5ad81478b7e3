// What a start asked for now would wait, from the server's own estimate.
import type { Limits, QueueReason, Template } from "@/lib/api";
import { aboutWait, roundLength } from "@/lib/time/words";
import { WAITING_SHORT } from "../reasons";

interface ForecastProps {
  line: Limits["queue"];
  template: Template | undefined;
}

export function Forecast({ line: { waiting, eta_seconds, slots, held }, template }: ForecastProps) {
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
        {waitingWords} {noEstimate(held, slots.total)}
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

export function noEstimate(held: QueueReason | null, slots: number): string {
  if (held) return `No estimate: ${WAITING_SHORT[held.code]}.`;
  return slots === 0 ? "No estimate: nothing is starting desktops right now." : "No estimate yet.";
}
