// What the event stream says, and how it changes the cache.
import type { QueryClient } from "@tanstack/react-query";
import {
  dropDesktop,
  keys,
  putDesktop,
  putHeld,
  putList,
  putQueue,
  type Desktop,
  type QueueInfo,
  type QueueReason,
} from "@/lib/api";

export type EventName = "snapshot" | "desktop" | "notice" | "queue";

/** One event as it came; `id` only on stored ones. Small enough to be handed from tab to tab. */
export interface StreamEvent {
  name: EventName;
  id: string | null;
  data: string;
}

interface Payloads {
  snapshot: { desktops: Desktop[] };
  desktop: Desktop | { id: string; deleted: true };
  notice: { code: string; text: string };
  queue: { items: { desktop_id: string; queue: QueueInfo | null }[]; held?: QueueReason | null };
}

const apply: { [N in EventName]: (client: QueryClient, payload: Payloads[N]) => void } = {
  snapshot: (client, { desktops }) => putList(client, desktops),
  desktop: (client, payload) => {
    const known = client.getQueryData<Desktop[]>(keys.desktops)?.find((desktop) => desktop.id === payload.id);
    if ("deleted" in payload) dropDesktop(client, payload.id);
    else putDesktop(client, payload);
    if ("deleted" in payload || payload.status !== known?.status) limitsChanged(client);
  },
  notice: () => undefined,
  queue: (client, { items, held }) => {
    putQueue(client, items);
    if (held !== undefined) putHeld(client, held);
  },
};

const GATHER_MS = 250;
let gathering: ReturnType<typeof setTimeout> | undefined;

/** What the limits count: asked for again, once for many events that come together. */
function limitsChanged(client: QueryClient): void {
  gathering ??= setTimeout(() => {
    gathering = undefined;
    void client.invalidateQueries({ queryKey: keys.limits });
  }, GATHER_MS);
}

export function isEventName(name: string | undefined): name is EventName {
  return name !== undefined && Object.hasOwn(apply, name);
}

export function applyEvent(client: QueryClient, event: StreamEvent): void {
  const payload: unknown = JSON.parse(event.data);
  (apply[event.name] as (client: QueryClient, payload: unknown) => void)(client, payload);
}
