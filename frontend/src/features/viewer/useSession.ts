// Opens a session to the desktop's screen for each attempt the state machine asks for, and keeps the size and quality
// that were chosen on it.
import { useEffect, useRef, useState, type RefObject } from "react";
import { serverNow } from "@/lib/time/clock";
import type { Connection, ConnectionEvent } from "./connection";
import { levelsFor, type Levels, type Quality } from "./quality";
import { ViewerSession } from "./session";
import type { Size } from "./settings";

interface UseSessionOptions {
  target: RefObject<HTMLElement | null>;
  hintId: string;
  name: string;
  /** The desktop's path for a connection; null while it has none. */
  path: string | null;
  state: Connection;
  tell: (event: ConnectionEvent) => void;
  size: Size;
  quality: Quality;
}

export function useSession({ target, name, hintId, path, state, tell, size, quality }: UseSessionOptions) {
  const [session, setSession] = useState<ViewerSession | null>(null);
  const [ms, setMs] = useState<number | null>(null);
  const [clipped, setClipped] = useState(false);
  const latest = useRef({ name, hintId });
  useEffect(() => {
    latest.current = { name, hintId };
  });

  const attempt = state.phase === "connecting" || state.phase === "connected" ? state.attempt : null;
  useEffect(() => {
    if (attempt === null || path === null || !target.current) return;
    const opened = new ViewerSession(target.current, socketUrl(path, window.location), latest.current);
    opened.on("opened", () => tell({ type: "opened", at: serverNow() }));
    opened.on("closed", (code) => tell({ type: "closed", code, at: serverNow() }));
    opened.on("latency", setMs);
    opened.on("clipped", setClipped);
    setSession(opened);
    return () => {
      opened.close();
      setSession(null);
      setMs(null);
      setClipped(false);
    };
  }, [attempt, path, target, tell]);

  useEffect(() => session?.size(size), [session, size]);

  const levels = useRef<Levels | null>(null);
  useEffect(() => {
    levels.current = levelsFor(quality, ms, levels.current);
    session?.levels(levels.current);
  }, [session, quality, ms]);

  return { session, ms, clipped };
}

/** The same host as the page, with its kind of security. */
export function socketUrl(path: string, page: Pick<Location, "protocol" | "host">): string {
  return `${page.protocol === "https:" ? "wss:" : "ws:"}//${page.host}${path}`;
}
