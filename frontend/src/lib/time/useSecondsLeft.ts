// Seconds left until a moment, from the page's one clock; null when there is none or it has passed.
import { useNow } from "./ticker";

export function useSecondsLeft(until: number | null): number | null {
  const now = useNow();
  if (until === null || until <= now) return null;
  return Math.ceil((until - now) / 1000);
}
