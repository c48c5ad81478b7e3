// One reading of the event stream, from opening it to its end. A fetch and not an EventSource, because the page needs
// the status of a refusal and wants to see the keep-alive comments: silence means the line is dead.
import { open } from "@/lib/api/client";
import { streamParser, type StreamMessage } from "./parse";

/** The api writes at least every 15 s; after this long without a byte the line counts as dead. */
export const SILENCE_MS = 40_000;

export interface StreamHandlers {
  onOpen: () => void;
  /** Anything at all arrived, comments included. */
  onBytes: () => void;
  onMessage: (message: StreamMessage) => void;
}

/** Ends when the server ends it; throws when it cannot be opened, breaks, falls silent, or `signal` says stop. */
export async function readStream(
  path: string,
  after: string | null,
  handlers: StreamHandlers,
  signal: AbortSignal,
): Promise<void> {
  const silence = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(new Error("silent")), SILENCE_MS);
  };
  heard();
  try {
    const from = after ? `${path.includes("?") ? "&" : "?"}after=${encodeURIComponent(after)}` : "";
    const response = await open(path + from, {
      headers: { accept: "text/event-stream" },
      signal: AbortSignal.any([signal, silence.signal]),
    });
    handlers.onOpen();
    const feed = streamParser(handlers.onMessage);
    const decoder = new TextDecoder();
    const reader = response.body?.getReader();
    if (!reader) return;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      handlers.onBytes();
      feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    clearTimeout(timer);
  }
}
