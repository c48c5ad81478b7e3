// One desktop, kept true by events. `data` is null when it is not there: never was, is not ours, or was deleted.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { call, isApiError, keys, newer, type Desktop } from "@/lib/api";

export function useDesktop(id: string) {
  const client = useQueryClient();
  return useQuery<Desktop | null>({
    queryKey: keys.desktop(id),
    queryFn: async ({ signal }) => {
      try {
        const next = await call<Desktop>("GET", `/desktops/${encodeURIComponent(id)}`, { signal });
        return newer(client.getQueryData<Desktop | null>(keys.desktop(id)), next);
      } catch (error) {
        if (isApiError(error) && error.status === 404) return null;
        throw error;
      }
    },
    initialData: () => client.getQueryData<Desktop[]>(keys.desktops)?.find((desktop) => desktop.id === id),
    initialDataUpdatedAt: () => client.getQueryState(keys.desktops)?.dataUpdatedAt,
  });
}
