// A desktop's screen in the window: the picture, the bar over it, and what stands before it when there is no picture.
// This page and noVNC are loaded only when somebody opens a desktop. connection.ts says how it behaves.
import { useCallback, useEffect, useId, useRef, useState } from "react";
import { useDesktop } from "@/features/desktops/api";
import { announce } from "@/lib/announce";
import { useParams } from "@/lib/router";
import { useTitle } from "@/lib/useTitle";
import { Controls } from "./components/Controls";
import { LastPicture } from "./components/LastPicture";
import { Overlay } from "./components/Overlay";
import { lineOf } from "./connection";
import { useClipboard } from "./useClipboard";
import { usePictures } from "./usePictures";
import { useSession } from "./useSession";
import { useViewerConnection } from "./useViewerConnection";
import { useViewerSettings } from "./useViewerSettings";
import styles from "./ViewerPage.module.css";

export function ViewerPage() {
  const { desktopId = "" } = useParams<{ desktopId: string }>();
  // Another desktop is another page: nothing of the last one's connection is carried over.
  return <Viewer key={desktopId} desktopId={desktopId} />;
}

function Viewer({ desktopId }: { desktopId: string }) {
  const hintId = useId();
  const screen = useRef<HTMLDivElement>(null);
  const { data: desktop, isError, isFetching, refetch } = useDesktop(desktopId);
  const name = useLastKnown(desktop?.name);
  useTitle(name ?? "Desktop");

  const lookAgain = useCallback(() => void refetch(), [refetch]);
  const { state, tell, tryNow } = useViewerConnection(desktop === null ? "deleted" : desktop?.status, lookAgain);
  const connected = state.phase === "connected";
  const deleted = state.phase === "ended" && state.kind === "deleted";

  const settings = useViewerSettings();
  const { session, ms, clipped } = useSession({
    target: screen,
    name: name ?? "this desktop",
    hintId,
    path: desktop?.connect?.kind === "vnc" ? desktop.connect.url : null,
    state,
    tell,
    size: settings.size,
    quality: settings.quality,
  });
  usePictures(desktopId, session, connected, deleted);
  const clipboard = useClipboard(session, connected, screen);

  // Once there is a picture the keys belong to it, unless somebody is at the bar or in a panel.
  useEffect(() => {
    if (connected && session && document.activeElement === document.body) session.focus();
  }, [connected, session]);

  // The cards speak for themselves as they take the focus; the picture's return has no card.
  useEffect(() => {
    if (connected) announce("viewer", `Connected to ${name ?? "the desktop"}.`);
  }, [connected, name]);

  return (
    <main
      className={styles.view}
      id="main"
      aria-label={name ? `Desktop ${name}` : "Desktop"}
      data-testid="viewer"
      data-phase={state.phase}
    >
      <h1 className="sr">{name ?? "Desktop"}</h1>
      <p className="sr" id={hintId}>
        All keys go to the desktop. Ctrl+Alt+Shift leads to the controls; Esc there gives the keys back.
      </p>
      <div ref={screen} className={styles.screen} />
      <LastPicture session={session} />
      <Overlay
        state={state}
        desktopId={desktopId}
        desktop={desktop}
        name={name}
        unknown={isError && desktop === undefined ? { retry: lookAgain, busy: isFetching } : null}
        onTryNow={tryNow}
      />
      <Controls
        desktopId={desktopId}
        name={name ?? "Desktop"}
        session={session}
        line={lineOf(state)}
        ms={ms}
        clipped={clipped}
        canStop={desktop?.status === "running"}
        settings={settings}
        clipboard={clipboard}
      />
    </main>
  );
}

/** Stays when the desktop itself is gone: the page still has to say which one it was. */
function useLastKnown(name: string | undefined): string | null {
  const [known, setKnown] = useState(name ?? null);
  if (name !== undefined && name !== known) setKnown(name);
  return name ?? known;
}
