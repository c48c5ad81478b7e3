// One clipboard for this computer and the desktop. What the desktop copies is written here when the browser allows;
// what was copied here is given to the desktop before it pastes. The panel shows the text both know, for when the
// browser allows neither. Text only, any alphabet.
import { useCallback, useEffect, useRef, useState, type RefObject } from "react";
import { copyText } from "@/lib/clipboard";
import { KEY, press } from "./keys";
import type { ViewerSession } from "./session";

export interface UseClipboard {
  /** What both sides have, as far as the page knows. */
  text: string;
  /** Gives this text to the desktop's clipboard. */
  give: (text: string) => void;
  /** Puts the text on this computer's clipboard. False when the browser refuses. */
  takeHome: () => Promise<boolean>;
}

/** How long the browser gets to come with its paste after Ctrl+V, before the key goes alone. */
const PASTE_WAIT_MS = 80;

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);

export function useClipboard(session: ViewerSession | null, connected: boolean, screen: RefObject<HTMLElement | null>) {
  const [text, setText] = useState("");
  /** The last text given to the desktop; null when the desktop's own copy is newer. */
  const given = useRef<string | null>(null);
  /** The last text seen on this computer's clipboard. */
  const seenHere = useRef<string | null>(null);

  const give = useCallback(
    (next: string) => {
      given.current = next;
      seenHere.current = next;
      setText(next);
      session?.paste(next);
    },
    [session],
  );

  useEffect(
    () =>
      session?.on("copied", (next) => {
        given.current = null;
        setText(next);
        void writeHere(next).then((written) => {
          if (written) seenHere.current = next;
        });
      }),
    [session],
  );

  // A new connection knows nothing of what the last one was given.
  useEffect(() => {
    if (connected && given.current !== null) session?.paste(given.current);
  }, [connected, session]);

  // On return to the page, without ever asking for permission.
  useEffect(() => {
    if (!connected) return;
    const look = () => {
      void readHere().then((here) => {
        if (here !== null && here !== "" && here !== seenHere.current) give(here);
      });
    };
    look();
    window.addEventListener("focus", look);
    return () => window.removeEventListener("focus", look);
  }, [connected, give]);

  usePasteKey(session, screen, give, given);

  const takeHome = useCallback(async () => {
    const written = await copyText(text);
    if (written) seenHere.current = text;
    return written;
  }, [text]);

  return { text, give, takeHome } satisfies UseClipboard;
}

/** Ctrl+V, and ⌘V on a Mac: the browser's own paste brings the text without asking, then the key follows. */
function usePasteKey(
  session: ViewerSession | null,
  screen: RefObject<HTMLElement | null>,
  give: (text: string) => void,
  given: RefObject<string | null>,
) {
  useEffect(() => {
    const element = screen.current;
    if (!session || !element) return;
    let send: (() => void) | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const onKey = (event: KeyboardEvent) => {
      const asked = event.key.toLowerCase() === "v" && (event.ctrlKey || (MAC && event.metaKey)) && !event.altKey;
      if (!asked) return;
      // Kept from noVNC, which would take the browser's paste away.
      event.stopPropagation();
      const { shiftKey, metaKey, code } = event;
      send = () => {
        send = null;
        clearTimeout(timer);
        if (metaKey) {
          session.releaseKeys();
          press(session.sendKey, [KEY.control, KEY.v]);
        } else press(session.sendKey, [{ keysym: shiftKey ? 0x56 : 0x76, code }]);
      };
      clearTimeout(timer);
      timer = setTimeout(() => send?.(), PASTE_WAIT_MS);
    };
    const onPaste = (event: ClipboardEvent) => {
      if (!element.contains(document.activeElement)) return;
      event.preventDefault();
      const here = event.clipboardData?.getData("text/plain") ?? "";
      if (here !== "" && here !== given.current) give(here);
      send?.();
    };
    element.addEventListener("keydown", onKey, true);
    document.addEventListener("paste", onPaste);
    return () => {
      clearTimeout(timer);
      element.removeEventListener("keydown", onKey, true);
      document.removeEventListener("paste", onPaste);
    };
  }, [session, screen, give, given]);
}

/** This computer's clipboard, if the page may already read it. */
async function readHere(): Promise<string | null> {
  if (!("clipboard" in navigator) || !document.hasFocus()) return null;
  try {
    // Only Chromium knows this name; elsewhere it throws, and reading would ask each time.
    const permission = await navigator.permissions.query({ name: "clipboard-read" as PermissionName });
    return permission.state === "granted" ? await navigator.clipboard.readText() : null;
  } catch {
    return null;
  }
}

async function writeHere(text: string): Promise<boolean> {
  if (!("clipboard" in navigator)) return false;
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
