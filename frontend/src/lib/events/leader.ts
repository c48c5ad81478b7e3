// Holds the stream open for as long as this tab leads: reopens it after the last id, with growing pauses.
// It knows nothing of tabs; hub.ts decides who leads and passes on what is heard here.
import { isApiError } from "@/lib/api";
import { isEventName, type StreamEvent } from "./messages";
import { readStream } from "./stream";

/** Seconds before each try after a break; the last one repeats. */
export const PAUSES_SECONDS = [0, 1, 2, 5, 10, 15];
/** A stream that lasted this long was a good one: the next break starts with the shortest pause. */
const GOOD_MS = 5_000;

export interface Lead {
  path: string;
  after: () => string | null;
  onEvent: (event: StreamEvent) => void;
  onLive: () => void;
  onBytes: () => void;
  onBroken: (nextTryAt: number) => void;
}

/** Runs until `signal` says stop or nobody is signed in any more. `wake` gives a function that ends a pause early. */
export async function lead(lead: Lead, signal: AbortSignal, wake: (now: () => void) => void): Promise<void> {
  let tries = 0;
  while (!signal.aborted) {
    let openedAt: number | null = null;
    try {
      await readStream(
        lead.path,
        lead.after(),
        {
          onOpen: () => {
            openedAt = Date.now();
            lead.onLive();
          },
          onBytes: lead.onBytes,
          onMessage: ({ event, id, data }) => {
            if (isEventName(event)) lead.onEvent({ name: event, id: id ?? null, data });
          },
        },
        signal,
      );
    } catch (error) {
      // The client has refreshed the log-in and tried again by now: nobody is signed in.
      if (isApiError(error) && error.status === 401) return;
    }
    if (signal.aborted) return;
    if (openedAt !== null && Date.now() - openedAt > GOOD_MS) tries = 0;
    const pause = (PAUSES_SECONDS[Math.min(tries, PAUSES_SECONDS.length - 1)] ?? 15) * 1000;
    tries += 1;
    lead.onBroken(Date.now() + pause);
    await sleep(pause, signal, wake);
  }
}

function sleep(ms: number, signal: AbortSignal, wake: (now: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
    wake(end);
  });
}
