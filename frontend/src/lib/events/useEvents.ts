// Keeps the cache true by events for as long as somebody is signed in. Used once, by the shell.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { keys } from "@/lib/api";
import { setConnection, setRetry } from "./connection";
import { startHub } from "./hub";
import { applyEvent } from "./messages";

export function useEvents(): void {
  const client = useQueryClient();
  useEffect(() => {
    let wasLive = false;
    let wasBroken = false;
    const hub = startHub({
      name: "berth.events",
      path: "/events",
      onEvent: (event) => applyEvent(client, event),
      onState: (state) => {
        // Back after a break: what the stream does not carry is asked for again, quietly.
        if (state.live && !wasLive && wasBroken) {
          for (const queryKey of [keys.desktops, keys.limits, keys.templates])
            void client.invalidateQueries({ queryKey });
        }
        wasBroken ||= !state.live && wasLive;
        wasLive = state.live;
        setConnection(state);
      },
    });
    setRetry(hub.retryNow);
    const onReturn = () => document.visibilityState === "visible" && !wasLive && hub.retryNow();
    window.addEventListener("online", hub.retryNow);
    document.addEventListener("visibilitychange", onReturn);
    return () => {
      window.removeEventListener("online", hub.retryNow);
      document.removeEventListener("visibilitychange", onReturn);
      hub.stop();
    };
  }, [client]);
}
