// What the buttons of one row do. A press makes the button busy; the row changes when the answer or an event says so.
import { toast } from "@/components/ui/Toast";
import { isApiError, type Desktop } from "@/lib/api";
import { navigate, paths } from "@/lib/router";
import { useStartDesktop, useStopDesktop } from "./api";
import { useDesktopsContext } from "./DesktopsContext";
import type { ActionName } from "./status";

export function useRowActions(desktop: Desktop) {
  const { openDialog, refuse } = useDesktopsContext();
  const start = useStartDesktop();
  const stop = useStopDesktop();

  function doStart() {
    start.mutate(desktop.id, {
      onError: (error) => {
        if (isRefusal(error)) refuse(error);
        else toast(failed(`“${desktop.name}” was not started`, error));
      },
    });
  }

  const run: Record<ActionName, () => void> = {
    open: () => navigate(paths.viewer(desktop.id)),
    start: doStart,
    startAgain: doStart,
    tryAgain: doStart,
    cancelStart: () =>
      stop.mutate(desktop.id, {
        onError: (error) => toast(failed(`The start of “${desktop.name}” was not cancelled`, error)),
      }),
    stop: () => openDialog("stop", desktop),
    delete: () => openDialog("delete", desktop),
  };
  const busy: Record<ActionName, boolean> = {
    open: false,
    start: start.isPending,
    startAgain: start.isPending,
    tryAgain: start.isPending,
    cancelStart: stop.isPending,
    stop: false,
    delete: false,
  };
  return { run, busy };
}

function isRefusal(error: unknown): boolean {
  return isApiError(error) && (error.status === 429 || error.code === "quota_exceeded");
}

/** What did not happen, and why, in a person's words. */
export function failed(what: string, error: unknown): string {
  if (!isApiError(error)) return `${what}. Try again.`;
  if (error.unreachable) return `${what}: Berth does not answer. Try again in a moment.`;
  if (error.status === 404) return `${what}: it is not there any more.`;
  if (error.status === 409 && error.code === "being_deleted") return `${what}: it is being deleted.`;
  if (error.status === 429) return `${what}: that was a lot at once. Try again in a moment.`;
  return `${what}. Try again, or tell your administrator.`;
}
