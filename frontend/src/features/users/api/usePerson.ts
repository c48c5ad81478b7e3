// One person, where they are signed in, and what desktops they have. Null: there is nobody of that id (any more).
import { useQuery } from "@tanstack/react-query";
import { adminKeys } from "@/features/admin/keys";
import { call, isApiError, type Desktop, type DesktopPage, type Session, type SessionList } from "@/lib/api";
import { withSearch } from "@/lib/router";
import type { AdminUser } from "./types";

export function personPath(id: string, more = ""): string {
  return `/admin/users/${encodeURIComponent(id)}${more}`;
}

export function usePerson(id: string) {
  return useQuery<AdminUser | null>({
    queryKey: adminKeys.person(id),
    queryFn: async ({ signal }) => {
      try {
        return await call<AdminUser>("GET", personPath(id), { signal });
      } catch (error) {
        if (isApiError(error) && error.status === 404) return null;
        throw error;
      }
    },
    staleTime: 1_000,
    // One that is being deleted goes by itself.
    refetchInterval: ({ state: { data } }) => (data?.deleting ? 3_000 : 30_000),
  });
}

export function usePersonSessions(id: string) {
  return useQuery<Session[]>({
    queryKey: adminKeys.personSessions(id),
    queryFn: async ({ signal }) => (await call<SessionList>("GET", personPath(id, "/sessions"), { signal })).items,
    staleTime: 1_000,
  });
}

export interface Some<T> {
  items: T[];
  more: boolean;
}

export function usePersonDesktops(username: string) {
  return useQuery<Some<Desktop>>({
    queryKey: adminKeys.personDesktops(username),
    queryFn: async ({ signal }) => {
      const path = withSearch("/desktops", { owner: username, limit: "20" });
      const { items, next_cursor } = await call<DesktopPage>("GET", path, { signal });
      return { items, more: next_cursor !== null };
    },
    staleTime: 1_000,
    refetchInterval: 10_000,
  });
}
