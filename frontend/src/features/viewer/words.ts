// What the viewer says about a desktop that has no picture. Pure; the sentences about a status are those of the
// desktops' own vocabulary, and the words of the controls are in their components.
import { SAY, type Context } from "@/features/desktops/sentences";
import type { Sentence } from "@/features/desktops/reasons";
import type { Desktop, ReasonCode } from "@/lib/api";
import { aboutWait, ordinal } from "@/lib/time/words";
import type { EndedKind } from "./connection";

/** "4 s", "2 min", "3 h": whole units, for how long something has lasted. */
export function lengthOfTime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}

/** Where a desktop is on its way to a picture. */
export function onItsWay(desktop: Desktop, context: Context): Sentence {
  if (desktop.status === "running") return { text: "The desktop is running. Waiting for its screen." };
  return SAY[desktop.status](desktop, context);
}

/** "3rd in line, about 25 s"; null when the server has not said. */
export function placeInLine({ status, queue }: Desktop): string | null {
  if (status !== "queued" || !queue?.position) return null;
  return `${ordinal(queue.position)} in line, ${aboutWait(queue.eta_seconds) ?? "no estimate"}`;
}

export interface EndedWords extends Sentence {
  title: string;
  /** The verb that leads on; null when there is none. */
  next: "Start it again" | "Try again" | "Sign in" | null;
}

const FILES_STAY = "Files in its home folder stay.";
const FILES_GONE = "Its home folder was thrown away with it.";

/** Why there is no picture any more, and what can be done. `desktop` is null when its record is gone, or never was. */
export function endedWords(
  kind: EndedKind,
  desktop: Desktop | null,
  name: string | null,
  context: Context,
  losesHome = false,
): EndedWords {
  const files = losesHome ? FILES_GONE : FILES_STAY;
  switch (kind) {
    case "stopped": {
      if (desktop?.status === "stopping")
        return { title: "This desktop is stopping", text: "Closing its programs.", next: "Start it again" };
      // The socket may know before the record does.
      const how = desktop?.status === "stopped" ? `${SAY.stopped(desktop, context).text} ` : "";
      return { title: "This desktop has stopped", text: how + files, next: "Start it again" };
    }
    case "failed":
      return {
        title: neverCameUp(desktop) ? "This desktop could not start" : "This desktop has failed",
        ...(desktop ? SAY.failed(desktop, context) : { text: files }),
        next: "Try again",
      };
    case "lost":
      return { title: "This desktop ended", text: `It ended by itself. ${files}`, next: "Start it again" };
    case "deleted":
      return { ...deletedWords(desktop, name), next: null };
    case "signed_out":
      return {
        title: "You are signed out",
        text: "The desktop keeps running. Sign in to see it again.",
        next: "Sign in",
      };
  }
}

function deletedWords(desktop: Desktop | null, name: string | null): { title: string; text: string } {
  if (desktop) return { title: "This desktop is being deleted", text: "Its home folder goes with it." };
  return name === null
    ? { title: "There is no such desktop", text: "It was deleted, or it belongs to somebody else." }
    : { title: "This desktop was deleted", text: "Its home folder went with it." };
}

const BEFORE_IT_RAN: readonly ReasonCode[] = ["image_missing", "image_broken", "start_timeout", "no_answer", "gave_up"];

function neverCameUp(desktop: Desktop | null): boolean {
  return desktop?.reason !== null && desktop?.reason !== undefined && BEFORE_IT_RAN.includes(desktop.reason.code);
}
