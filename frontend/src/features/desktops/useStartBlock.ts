// Why a stopped or failed desktop cannot be started right now, if so: a full start window, or a template that is not
// there. Everything else is the api's to say.
import type { Desktop } from "@/lib/api";
import { countdown } from "@/lib/time/words";
import { useNow } from "@/lib/time/ticker";
import { WINDOW_WORDS, windowObstacle } from "./allowance";
import { useDesktopsContext } from "./DesktopsContext";
import { whyNotReady } from "./templates";

export interface StartBlock {
  /** Of the element that says so. */
  id: string;
  text: string;
}

export function useStartBlock(desktop: Desktop): StartBlock | null {
  const { limits, templates } = useDesktopsContext();
  const now = useNow();
  if (desktop.status !== "stopped" && desktop.status !== "failed") return null;
  const id = `why-not-${desktop.id}`;
  const full = windowObstacle(limits, now);
  if (full) {
    const { used, window } = full.window;
    const left = countdown((full.until - now) / 1000);
    return { id, text: `You started ${used} desktops ${WINDOW_WORDS[window].within}. It can start again in ${left}.` };
  }
  const template = templates.get(desktop.template);
  // A failed one has said so already, and may be tried again once the administrator has put it right.
  return desktop.status === "stopped" && template && !template.ready ? { id, text: whyNotReady(template) } : null;
}
