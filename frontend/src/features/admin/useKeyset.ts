// A list that comes fifty at a time by cursor.
import { useInfiniteQuery, type QueryKey } from "@tanstack/react-query";
import { useMemo } from "react";
import { call } from "@/lib/api";
import { withSearch } from "@/lib/router";

const PAGE = 50;

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

interface KeysetOptions {
  key: QueryKey;
  path: string;
  /** What narrows it, as the address has it. */
  filter?: Record<string, string | undefined>;
  refetchInterval?: number | false;
  staleTime?: number;
}

export function useKeyset<T extends { id: string }>(options: KeysetOptions) {
  const { key, path, filter, refetchInterval = false, staleTime = 5_000 } = options;
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => fetchPage<T>(path, filter, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime,
    refetchInterval,
  });
  // One that two pages have, because the list changed between them, is shown once.
  const items = useMemo(() => {
    const seen = new Set<string>();
    return query.data?.pages.flatMap((page) => page.items).filter(({ id }) => !seen.has(id) && seen.add(id));
  }, [query.data]);
  return { query, items };
}

export function fetchPage<T>(
  path: string,
  filter: Record<string, string | undefined> | undefined,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<Page<T>> {
  return call<Page<T>>("GET", withSearch(path, { ...filter, limit: String(PAGE), cursor }), { signal });
}
