// The administrators' room: its figures go into the cache, and whoever shows jobs or differences is told, at most once
// a second, that something changed. All tabs of a browser share one stream. Runs while an administrators' page is open.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { AdminQueueLive, Desktop } from "@/lib/api";
import { startHub } from "@/lib/events/hub";
import { Gather } from "./gather";
import { putQueueFigures } from "./useAdminQueue";

const PATCH_MS = 250;
const REFETCH_MS = 1_000;

export interface AdminListener {
  /** Desktops that changed, gathered; the latest of each. */
  onDesktops?: (desktops: Desktop[]) => void;
  /** Something changed: ask again for what is shown. */
  onChange: () => void;
}

export function useAdminEvents(listener: AdminListener): void {
  const client = useQueryClient();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });

  useEffect(() => {
    const told = new Map<string, Desktop>();
    const patch = new Gather(PATCH_MS, () => {
      latest.current.onDesktops?.([...told.values()]);
      told.clear();
    });
    const refetch = new Gather(REFETCH_MS, () => latest.current.onChange());
    let wasLive = false;
    const hub = startHub({
      name: "berth.events.admin",
      path: "/events?room=admin",
      onEvent: ({ name, data }) => {
        if (name === "queue") {
          putQueueFigures(client, JSON.parse(data) as AdminQueueLive);
          refetch.ask();
        }
        if (name === "snapshot") refetch.ask();
        if (name !== "desktop") return;
        const desktop = JSON.parse(data) as Desktop | { id: string; deleted: true };
        if (!("deleted" in desktop)) told.set(desktop.id, desktop);
        patch.ask();
        refetch.ask();
      },
      // Back after a break: the stream says what was missed of desktops, but not of the rest.
      onState: ({ live }) => {
        if (live && !wasLive) refetch.ask();
        wasLive = live;
      },
    });
    return () => {
      hub.stop();
      patch.stop();
      refetch.stop();
    };
  }, [client]);
}
