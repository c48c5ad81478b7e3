// Says what changed: aloud for those who listen, and as short news when a desktop became ready out of sight.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { toast } from "@/components/ui/Toast";
import { announce } from "@/lib/announce";
import { keys, type Desktop } from "@/lib/api";
import { navigate, paths } from "@/lib/router";
import { spoken } from "./sentences";

export function useDesktopNews(): void {
  const client = useQueryClient();
  useEffect(() => {
    let known = new Map<string, Desktop>();
    let first = true;
    const look = () => {
      const list = client.getQueryData<Desktop[]>(keys.desktops);
      if (!list) return;
      const next = new Map(list.map((desktop) => [desktop.id, desktop]));
      if (!first) {
        for (const desktop of list) {
          const before = known.get(desktop.id);
          if (!before || before === desktop) continue;
          const moved = desktop.status === "queued" && desktop.queue?.position !== before.queue?.position;
          if (desktop.status !== before.status || moved) announce(desktop.id, spoken(desktop));
          if (becameReady(before, desktop) && !inSight(desktop.id, location.pathname)) ready(desktop);
        }
        for (const [id, before] of known) if (!next.has(id)) announce(id, `${before.name} is deleted.`);
      }
      known = next;
      first = false;
    };
    const ready = (desktop: Desktop) =>
      toast(`${desktop.name} is ready.`, {
        label: "Open",
        onPress: () => navigate(paths.viewer(desktop.id)),
      });
    look();
    return client.getQueryCache().subscribe(({ type, query }) => {
      if (type === "updated" && (query.queryKey as readonly unknown[])[0] === keys.desktops[0]) look();
    });
  }, [client]);
}

function becameReady(before: Desktop, after: Desktop): boolean {
  return after.status === "running" && (before.status === "queued" || before.status === "starting");
}

/** Whether whoever looks at this tab sees it anyway: its row, or its own screen. */
function inSight(id: string, path: string): boolean {
  if (document.visibilityState === "hidden") return false;
  if (path === paths.viewer(id)) return true;
  const row = document.querySelector(`[data-row="${CSS.escape(id)}"]`);
  if (!row) return false;
  const { top, bottom } = row.getBoundingClientRect();
  return bottom > 0 && top < window.innerHeight;
}
