// A list that is short by nature, page after page until its end.
import { call } from "@/lib/api";
import { withSearch } from "@/lib/router";
import type { Page } from "./useKeyset";

const MOST = "200";

export async function all<T>(path: string, signal: AbortSignal): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await call<Page<T>>("GET", withSearch(path, { limit: MOST, cursor }), { signal });
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  return items;
}
