// What the sentences about a desktop want to know besides the desktop: the time, who reads, and their other starts.
import type { Context } from "@/features/desktops/sentences";
import { useDesktops } from "@/features/desktops/api";
import { useMe } from "@/features/session/api";
import { useNow } from "@/lib/time/ticker";

export function useWordsContext(): Context {
  const now = useNow();
  const { username } = useMe();
  const { data: desktops } = useDesktops();
  const underWay = desktops?.filter(({ status }) => status === "queued" || status === "starting").length ?? 0;
  return { now, me: username, typicalStartMs: null, underWay };
}
