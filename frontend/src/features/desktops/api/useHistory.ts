// A desktop's history. Not in the index: only a dialog needs it, and what pages through it is not in the first load.
import { useInfiniteQuery } from "@tanstack/react-query";
import { call, keys, type HistoryPage } from "@/lib/api";

export function useHistory(id: string) {
  return useInfiniteQuery({
    queryKey: keys.history(id),
    queryFn: ({ pageParam, signal }) => {
      const cursor = pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : "";
      return call<HistoryPage>("GET", `/desktops/${encodeURIComponent(id)}/events?limit=50${cursor}`, { signal });
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    staleTime: 0,
  });
}
