// When a place in line gets worse, the reason is said once, until the place changes again.
import { useState } from "react";
import type { QueueInfo } from "@/lib/api";
import { ordinal } from "@/lib/time/words";

export function useWorsePlace({ position, reason }: QueueInfo): string | null {
  const [known, setKnown] = useState<{ position: number | null; note: string | null }>({ position, note: null });
  if (position === known.position) return known.note;
  const worse = position !== null && known.position !== null && position > known.position;
  const why = reason?.code === "fair_turn" ? "users with no start under way go first" : "another start goes first";
  const note = worse ? `${ordinal(position)} now: ${why}.` : null;
  // Kept as state of this very render: what was known belongs to what is drawn.
  setKnown({ position, note });
  return note;
}
