// When the bar shows: at first, while the pointer is near its edge, while something holds it (focus, a menu, no
// connection), and for three seconds after each. Then it makes room and leaves the small tab.
import { useCallback, useEffect, useRef, useState, type RefObject } from "react";
import { isAtBottom } from "./useAtBottom";

const STAYS_MS = 3_000;
/** The pointer must touch the edge to bring the bar, or the desktop's own top could not be reached; nearby keeps it. */
const REACH_PX = 4;
const NEAR_PX = 64;

export function useBar(bar: RefObject<HTMLElement | null>, held: boolean) {
  const [shown, setShown] = useState(true);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const near = useRef(false);

  const leaveSoon = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      if (!near.current && !bar.current?.contains(document.activeElement)) setShown(false);
    }, STAYS_MS);
  }, [bar]);

  const show = useCallback(() => {
    setShown(true);
    leaveSoon();
  }, [leaveSoon]);

  const hide = useCallback(() => {
    clearTimeout(timer.current);
    setShown(false);
  }, []);

  useEffect(() => {
    if (!held) leaveSoon();
    return () => clearTimeout(timer.current);
  }, [held, leaveSoon]);

  useEffect(() => {
    const onMove = (event: PointerEvent) => {
      if (event.pointerType === "touch") return;
      const fromEdge = isAtBottom() ? window.innerHeight - event.clientY : event.clientY;
      const was = near.current;
      near.current = fromEdge < NEAR_PX;
      // A pressed button is a drag on the desktop, on its way past the edge.
      if (fromEdge < REACH_PX && event.buttons === 0) show();
      else if (was && !near.current) leaveSoon();
    };
    const onLeave = () => {
      near.current = false;
      leaveSoon();
    };
    window.addEventListener("pointermove", onMove, true);
    document.documentElement.addEventListener("pointerleave", onLeave);
    return () => {
      window.removeEventListener("pointermove", onMove, true);
      document.documentElement.removeEventListener("pointerleave", onLeave);
    };
  }, [show, leaveSoon]);

  return { shown: shown || held, show, hide, leaveSoon };
}
