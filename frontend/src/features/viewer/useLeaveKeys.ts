// Ctrl+Alt+Shift: the one combination that does not go to the desktop. It leads to the bar.
import { useEffect, useRef } from "react";

export function useLeaveKeys(active: boolean, onLeave: () => void) {
  const leave = useRef(onLeave);
  useEffect(() => {
    leave.current = onLeave;
  });

  useEffect(() => {
    if (!active) return;
    let altGr = false;
    const onDown = (event: KeyboardEvent) => {
      if (event.code === "AltRight") altGr = true;
      if (altGr || !isLeaveChord(event)) return;
      event.preventDefault();
      event.stopPropagation();
      leave.current();
    };
    const onUp = (event: KeyboardEvent) => {
      if (event.code === "AltRight") altGr = false;
    };
    window.addEventListener("keydown", onDown, true);
    window.addEventListener("keyup", onUp, true);
    return () => {
      window.removeEventListener("keydown", onDown, true);
      window.removeEventListener("keyup", onUp, true);
    };
  }, [active]);
}

/** The three together and nothing else. The right Alt types letters on many keyboards, so it does not count. */
export function isLeaveChord(
  event: Pick<KeyboardEvent, "ctrlKey" | "altKey" | "shiftKey" | "code" | "getModifierState">,
): boolean {
  return (
    event.ctrlKey &&
    event.altKey &&
    event.shiftKey &&
    /^(Control|Alt|Shift)(Left|Right)$/.test(event.code) &&
    !event.getModifierState("AltGraph")
  );
}
