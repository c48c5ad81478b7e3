// The jobs that a filter finds: fifty at a time by cursor, and quietly asked for again while they are looked at.
// What a newer answer does to the rows is liveList.ts's business.
import { useInfiniteQuery, useQueryClient, type InfiniteData } from "@tanstack/react-query";
import { useCallback, useMemo, useRef, useState } from "react";
import { adminKeys } from "@/features/admin/keys";
import { call, isApiError, type Job, type JobDetail, type JobFilter, type JobPage } from "@/lib/api";
import { queryOf } from "../filters";
import { merge, replace } from "../liveList";

const PAGE = 50;
/** The most that one call gives. */
const MOST = 200;
/** How many rows that left the filter are looked up in one round. */
const LOOKED_UP = 3;
/** After an answer like "too many" it keeps quiet for a while. */
const QUIET_MS = 10_000;

type Pages = InfiniteData<JobPage, string | undefined>;

interface News {
  filter: string;
  left: ReadonlySet<string>;
  arrived: number;
}

const NO_NEWS: Omit<News, "filter"> = { left: new Set(), arrived: 0 };

function fetchPage(filter: JobFilter, cursor: string | undefined, limit: number, signal?: AbortSignal) {
  return call<JobPage>("GET", `/admin/jobs${queryOf(filter, { limit: String(limit), cursor })}`, { signal });
}

export function useJobList(filter: JobFilter) {
  const client = useQueryClient();
  const key = useMemo(() => adminKeys.jobs(filter), [filter]);
  const name = JSON.stringify(filter);
  const [news, setNews] = useState<News>({ filter: name, ...NO_NEWS });
  const quietUntil = useRef(0);
  const busy = useRef(false);

  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => fetchPage(filter, pageParam, PAGE, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    // Asked for again by `refresh` only: react-query's own way would replace the rows.
    staleTime: Infinity,
    gcTime: 60_000,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

  /** Asks again for the given pages. `inUse`: rows must stay where they are. */
  const refresh = useCallback(
    async (pages: number[], inUse: boolean) => {
      if (busy.current || Date.now() < quietUntil.current) return;
      busy.current = true;
      try {
        const left = new Set<string>();
        let arrived = 0;
        for (const index of pages) {
          const before = client.getQueryData<Pages>(key);
          const page = before?.pages[index];
          if (!page) continue;
          // Nobody reads further down: the page is what it would be if it were opened now.
          const alone = !inUse && (before.pages.length === 1 || page.items.length >= MOST);
          const room = alone ? PAGE : index === 0 ? page.items.length + PAGE : page.items.length;
          const answer = await fetchPage(filter, before.pageParams[index], Math.min(MOST, Math.max(PAGE, room)));
          if (alone) {
            client.setQueryData<Pages>(key, (now) => (now && now.pages === before.pages ? only(now, answer) : now));
            continue;
          }
          client.setQueryData<Pages>(key, (now) => {
            const known = now?.pages[index];
            if (!now || !known) return now;
            const merged = merge(known.items, answer, inUse);
            for (const id of merged.left) left.add(id);
            arrived += merged.arrived;
            if (merged.items === known.items) return now;
            return { ...now, pages: now.pages.with(index, { ...known, items: merged.items }) };
          });
        }
        setNews((known) => quietly(known, { filter: name, left, arrived }));
        const unknown = client
          .getQueryData<Pages>(key)
          ?.pages.flatMap(({ items }) => items)
          .filter((job) => left.has(job.id) && filter.state?.split(",").includes(job.state));
        for (const { id } of unknown?.slice(0, LOOKED_UP) ?? [])
          put(client, await call<JobDetail>("GET", `/admin/jobs/${encodeURIComponent(id)}`));
      } catch (error) {
        if (isApiError(error) && error.status === 429) quietUntil.current = Date.now() + QUIET_MS;
        // The rows stay; the banner says so when there is no connection, and the next sign asks again.
      } finally {
        busy.current = false;
      }
    },
    [client, key, filter, name],
  );

  /** The list from its beginning, as it is now. */
  const begin = useCallback(async () => {
    setNews({ filter: name, ...NO_NEWS });
    const first = await fetchPage(filter, undefined, PAGE).catch(() => null);
    if (first) client.setQueryData<Pages>(key, { pages: [first], pageParams: [undefined] });
  }, [client, key, filter, name]);

  const present = news.filter === name ? news : NO_NEWS;
  const jobs = useMemo(() => query.data && once(query.data.pages.flatMap((page) => page.items)), [query.data]);
  const sizes = useMemo(() => query.data?.pages.map((page) => page.items.length) ?? [], [query.data]);
  return { query, jobs, sizes, left: present.left, arrived: present.arrived, refresh, begin };
}

export type JobList = ReturnType<typeof useJobList>;

/** The same object when nothing is new, so that a quiet answer draws nothing. */
function quietly(known: News, next: News): News {
  const same =
    known.filter === next.filter &&
    known.arrived === next.arrived &&
    known.left.size === next.left.size &&
    [...next.left].every((id) => known.left.has(id));
  return same ? known : next;
}

/** The first page and no other; the same object when it says nothing new. */
function only(now: Pages, answer: JobPage): Pages {
  const known = now.pages[0];
  const same = now.pages.length === 1 && JSON.stringify(known) === JSON.stringify(answer);
  return same ? now : { pages: [answer], pageParams: [undefined] };
}

/** A job that two pages have, because the list changed between them, is shown once. */
function once(jobs: Job[]): Job[] {
  const seen = new Set<string>();
  return jobs.filter(({ id }) => !seen.has(id) && seen.add(id));
}

/** One job's news, into every list that shows it. */
export function put(client: ReturnType<typeof useQueryClient>, job: Job): void {
  client.setQueriesData<Pages>({ queryKey: adminKeys.lists }, (data) => {
    const pages = data?.pages.map((page) => replace(page, job));
    return pages && data ? { ...data, pages } : data;
  });
}
