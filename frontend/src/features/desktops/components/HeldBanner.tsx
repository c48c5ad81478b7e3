// Why no start of anybody moves right now, above everything else. Amber: it passes, and places are kept.
import { Banner } from "@/components/ui/Banner";
import type { IconName } from "@/components/ui/Icon";
import type { QueueReason, QueueReasonCode } from "@/lib/api";
import { shortClock } from "@/lib/time/words";
import { sentence } from "../reasons";

interface Words {
  icon: IconName;
  lead: (at: string) => string;
  text: string;
}

const GOES_ON = "A start asked for now waits in line and goes on by itself; open desktops keep working.";

const HELD: Partial<Record<QueueReasonCode, Words>> = {
  paused: { icon: "pause", lead: (at) => `Starts are paused by an administrator${at}.`, text: GOES_ON },
  no_worker: {
    icon: "warn",
    lead: () => "Nothing is starting desktops right now.",
    text: `Your administrator sees this too. ${GOES_ON}`,
  },
  engine_down: { icon: "warn", lead: () => "The server that runs desktops does not answer.", text: GOES_ON },
};

export function HeldBanner({ held }: { held: QueueReason }) {
  const words = HELD[held.code];
  const at = held.since ? ` since ${shortClock(Date.parse(held.since))}` : "";
  return (
    <Banner tone="warn" icon={words?.icon ?? "warn"}>
      <b>{words?.lead(at) ?? sentence(held.text)}</b> {words?.text ?? GOES_ON}
    </Banner>
  );
}
