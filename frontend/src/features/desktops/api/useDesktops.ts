// The list of own desktops: every page of it, because the events that follow speak of every desktop too.
import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { call, keys, putList, type Desktop, type DesktopPage } from "@/lib/api";

const PAGE = 200;

export async function fetchDesktops(client: QueryClient, signal?: AbortSignal): Promise<Desktop[]> {
  const all: Desktop[] = [];
  let cursor: string | null = null;
  do {
    const query: string = `?limit=${PAGE}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`;
    const page: DesktopPage = await call<DesktopPage>("GET", `/desktops${query}`, { signal });
    all.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return putList(client, all);
}

export function useDesktops() {
  const client = useQueryClient();
  return useQuery({ queryKey: keys.desktops, queryFn: ({ signal }) => fetchDesktops(client, signal) });
}
