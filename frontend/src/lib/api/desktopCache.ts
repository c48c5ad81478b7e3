// How answers and events meet in the cache. A desktop's `version` decides: older news never replaces newer,
// from wherever it comes. Ids that an event called deleted stay gone, even if a slow answer still lists them.
import type { QueryClient } from "@tanstack/react-query";
import { keys } from "./keys";
import type { Desktop, Limits, QueueInfo, QueueReason } from "./types";

/** Deleted ids of this page's life. Ids are never used twice, so the set only has to be bounded. */
const gone = new Set<string>();
const GONE_MAX = 2000;

/** What to keep of two answers about the same desktop. */
export function newer(known: Desktop | null | undefined, next: Desktop): Desktop {
  if (!known) return next;
  if (next.version < known.version) return known;
  // Stored events say nothing about the line; a `queue` event follows. Until then the place we knew stands.
  if (next.status === "queued" && !next.queue && known.queue) return { ...next, queue: known.queue };
  return next;
}

export function isGone(id: string): boolean {
  return gone.has(id);
}

/** A desktop from an answer or an event. */
export function putDesktop(client: QueryClient, next: Desktop): void {
  if (gone.has(next.id)) return;
  const list = client.getQueryData<Desktop[]>(keys.desktops);
  if (list) client.setQueryData(keys.desktops, place(list, next));
  client.setQueryData<Desktop | null>(keys.desktop(next.id), (known) => newer(known, next));
}

function place(list: Desktop[], next: Desktop): Desktop[] {
  const at = list.findIndex((desktop) => desktop.id === next.id);
  if (at < 0) return [next, ...list];
  const merged = newer(list[at], next);
  return merged === list[at] ? list : list.with(at, merged);
}

export function dropDesktop(client: QueryClient, id: string): void {
  gone.add(id);
  if (gone.size > GONE_MAX) gone.delete(gone.values().next().value ?? "");
  client.setQueryData<Desktop[]>(keys.desktops, (list) => list?.filter((desktop) => desktop.id !== id));
  client.setQueryData<Desktop | null>(keys.desktop(id), null);
}

/** A whole list: what it does not name is not there any more. */
export function putList(client: QueryClient, items: Desktop[]): Desktop[] {
  const known = new Map(client.getQueryData<Desktop[]>(keys.desktops)?.map((desktop) => [desktop.id, desktop]));
  const list = items.filter((desktop) => !gone.has(desktop.id)).map((next) => newer(known.get(next.id), next));
  client.setQueryData(keys.desktops, list);
  for (const desktop of list)
    client.setQueryData<Desktop | null>(keys.desktop(desktop.id), (one) => newer(one, desktop));
  return list;
}

/** The places in line. Not versioned: the latest wins, and only for a desktop that waits. */
export function putQueue(client: QueryClient, items: { desktop_id: string; queue: QueueInfo | null }[]): void {
  const places = new Map(items.map((item) => [item.desktop_id, item.queue]));
  const patch = (desktop: Desktop): Desktop => {
    const queue = places.get(desktop.id);
    return queue !== undefined && desktop.status === "queued" ? { ...desktop, queue } : desktop;
  };
  client.setQueryData<Desktop[]>(keys.desktops, (list) => list?.map(patch));
  for (const id of places.keys())
    client.setQueryData<Desktop | null>(keys.desktop(id), (one) => (one ? patch(one) : one));
}

/** Why nobody's start moves. The limits keep the time at which they were asked for. */
export function putHeld(client: QueryClient, held: QueueReason | null): void {
  const updatedAt = client.getQueryState(keys.limits)?.dataUpdatedAt;
  client.setQueryData<Limits>(keys.limits, (one) => one && { ...one, queue: { ...one.queue, held } }, { updatedAt });
}
