// Runs the connection's state machine: feeds it the desktop's record, the clock and the network, and does what a
// state asks for outside the socket (wait, renew the log-in, look at the record again). Sockets are useSession.ts.
import { useEffect, useReducer } from "react";
import { isApiError, refreshSession, sessionEnded, type DesktopStatus } from "@/lib/api";
import { serverNow } from "@/lib/time/clock";
import { initial, step, type Connection, type ConnectionEvent } from "./connection";

export interface ViewerConnection {
  state: Connection;
  tell: (event: ConnectionEvent) => void;
  tryNow: () => void;
}

export function useViewerConnection(
  status: DesktopStatus | "deleted" | undefined,
  lookAgain: () => void,
): ViewerConnection {
  const [state, tell] = useReducer(step, initial);

  useEffect(() => {
    if (status) tell({ type: "desktop", status });
  }, [status]);

  const nextAt = state.phase === "lost" ? state.nextAt : null;
  useEffect(() => {
    if (nextAt === null) return;
    const due = () => tell({ type: "due", at: serverNow() });
    const seen = () => document.visibilityState === "visible" && due();
    const timer = setTimeout(due, Math.max(0, nextAt - serverNow()));
    window.addEventListener("online", due);
    document.addEventListener("visibilitychange", seen);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("online", due);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [nextAt]);

  // A refusal before the upgrade (not running, not there, signed out) is invisible to a WebSocket; the record tells.
  useEffect(() => {
    if (nextAt !== null) lookAgain();
  }, [nextAt, lookAgain]);

  const renewing = state.phase === "renewing";
  useEffect(() => {
    if (!renewing) return;
    let current = true;
    void renew().then((outcome) => {
      if (current) tell({ type: "renewed", outcome, at: serverNow() });
    });
    return () => {
      current = false;
    };
  }, [renewing]);

  return { state, tell, tryNow: () => tell({ type: "due", at: serverNow() }) };
}

async function renew(): Promise<"ok" | "signed_out" | "unreachable"> {
  try {
    await refreshSession();
    return "ok";
  } catch (error) {
    if (!isApiError(error) || error.status !== 401) return "unreachable";
    sessionEnded();
    return "signed_out";
  }
}
