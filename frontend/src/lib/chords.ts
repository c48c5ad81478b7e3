// Two keys one after the other: `g q`. Heard before single-key shortcuts, which then leave the second key alone.
import { useEffect } from "react";
import { busyElsewhere, useShortcutsOn } from "./shortcuts";

/** The second key has this long. */
const WITHIN_MS = 1_500;

/** Keep the object stable: it is listened with anew whenever it changes. */
export function useChords(first: string, seconds: Record<string, () => void>): void {
  const enabled = useShortcutsOn();
  useEffect(() => {
    if (!enabled) return;
    let armedAt = -Infinity;
    const press = (event: KeyboardEvent) => {
      const armed = performance.now() - armedAt < WITHIN_MS;
      armedAt = -Infinity;
      if (busyElsewhere(event)) return;
      const run = armed && Object.hasOwn(seconds, event.key) ? seconds[event.key] : undefined;
      if (run) {
        event.preventDefault();
        run();
      } else if (event.key === first) armedAt = performance.now();
    };
    document.addEventListener("keydown", press, { capture: true });
    return () => document.removeEventListener("keydown", press, { capture: true });
  }, [enabled, first, seconds]);
}
