// Keeps a small picture of the screen for the home page: every 20 s while it is looked at, and on leaving.
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect } from "react";
import { keys, type Desktop } from "@/lib/api";
import { dropPicture, keepOnly, keepPicture, pictureOf } from "./pictures";
import type { ViewerSession } from "./session";

const EVERY_MS = 20_000;
/** The first one soon: a short visit leaves a picture too. */
const FIRST_MS = 3_000;

export function usePictures(desktopId: string, session: ViewerSession | null, connected: boolean, deleted: boolean) {
  const client = useQueryClient();

  const take = useCallback(
    (screen: HTMLCanvasElement | null) => {
      const picture = screen && pictureOf(screen, Date.now());
      if (!picture) return;
      guarded((storage) => {
        keepPicture(storage, desktopId, picture);
        const list = client.getQueryData<Desktop[]>(keys.desktops);
        if (list) keepOnly(storage, [desktopId, ...list.map((desktop) => desktop.id)]);
      });
    },
    [desktopId, client],
  );

  useEffect(() => session?.on("lastPicture", take), [session, take]);

  useEffect(() => {
    if (!session || !connected) return;
    const takeNow = () => take(session.canvas);
    const whenSeen = () => document.visibilityState === "visible" && takeNow();
    const whenHidden = () => document.visibilityState === "hidden" && takeNow();
    const first = setTimeout(whenSeen, FIRST_MS);
    const timer = setInterval(whenSeen, EVERY_MS);
    document.addEventListener("visibilitychange", whenHidden);
    window.addEventListener("pagehide", takeNow);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
      document.removeEventListener("visibilitychange", whenHidden);
      window.removeEventListener("pagehide", takeNow);
    };
  }, [session, connected, take]);

  useEffect(() => {
    if (deleted) guarded((storage) => dropPicture(storage, desktopId));
  }, [desktopId, deleted]);
}

/** Storage may be closed to the page; then there are no pictures. */
function guarded(work: (storage: Storage) => void): void {
  try {
    work(localStorage);
  } catch {
    // As said above.
  }
}
