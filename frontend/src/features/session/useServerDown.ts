// Whether Berth answers, for the sign-in page: asked on opening, and every five seconds while it does not.
import { useEffect, useState } from "react";
import { asServerTime } from "@/lib/time/clock";
import { useSecondsLeft } from "@/lib/time/useSecondsLeft";
import { useAbout } from "./api";

const EVERY_MS = 5_000;

export function useServerDown() {
  const about = useAbout();
  const [toldDownAt, setToldDownAt] = useState(0);
  const down = about.isError || toldDownAt > about.dataUpdatedAt;
  const triedAt = Math.max(about.errorUpdatedAt, toldDownAt);
  const { refetch } = about;

  useEffect(() => {
    if (!down) return;
    const timer = setInterval(() => void refetch(), EVERY_MS);
    return () => clearInterval(timer);
  }, [down, refetch]);

  const secondsLeft = useSecondsLeft(down ? asServerTime(triedAt + EVERY_MS) : null);
  return { down, secondsLeft: Math.min(secondsLeft ?? 1, EVERY_MS / 1000), setDown: () => setToldDownAt(Date.now()) };
}
