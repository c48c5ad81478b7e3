// Full screen, and with it the keys that a browser otherwise keeps (Alt+Tab, Super, Esc), where it lets go of them.
import { useEffect, useState } from "react";

interface KeyboardLock {
  lock?: () => Promise<void>;
  unlock?: () => void;
}

export function useFullScreen() {
  const [on, setOn] = useState(() => document.fullscreenElement !== null);

  useEffect(() => {
    const changed = () => {
      const now = document.fullscreenElement !== null;
      setOn(now);
      const keyboard = (navigator as Navigator & { keyboard?: KeyboardLock }).keyboard;
      if (now) void keyboard?.lock?.().catch(() => undefined);
      else keyboard?.unlock?.();
    };
    document.addEventListener("fullscreenchange", changed);
    return () => document.removeEventListener("fullscreenchange", changed);
  }, []);

  const toggle = () => {
    // The whole document, not the picture alone: menus and dialogs are beside it in the page.
    const change = on ? document.exitFullscreen() : document.documentElement.requestFullscreen();
    change.catch(() => undefined);
  };

  return { on, toggle, possible: document.fullscreenEnabled };
}
