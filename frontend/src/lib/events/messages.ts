// What the event stream says, and how it changes the cache.
import type { QueryClient } from "@tanstack/react-query";
import { dropDesktop, putDesktop, putList, putQueue, type Desktop, type QueueInfo } from "@/lib/api";

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
  queue: { items: { desktop_id: string; queue: QueueInfo | null }[] };
}

const apply: { [N in EventName]: (client: QueryClient, payload: Payloads[N]) => void } = {
  snapshot: (client, { desktops }) => putList(client, desktops),
  desktop: (client, payload) => ("deleted" in payload ? dropDesktop(client, payload.id) : putDesktop(client, payload)),
  notice: () => undefined,
  queue: (client, { items }) => putQueue(client, items),
};

export function isEventName(name: string | undefined): name is EventName {
  return name !== undefined && Object.hasOwn(apply, name);
}

export function applyEvent(client: QueryClient, event: StreamEvent): void {
  const payload: unknown = JSON.parse(event.data);
  (apply[event.name] as (client: QueryClient, payload: unknown) => void)(client, payload);
}
