// The people that a filter finds, fifty at a time. Who is here now changes by itself, so they are asked for again.
import { adminKeys } from "@/features/admin/keys";
import { useKeyset } from "@/features/admin/useKeyset";
import type { PeopleFilter } from "../filters";
import type { AdminUser } from "./types";

export function usePeople(filter: PeopleFilter) {
  return useKeyset<AdminUser>({
    key: adminKeys.peopleList(filter),
    path: "/admin/users",
    filter: { ...filter },
    refetchInterval: 30_000,
  });
}

export type People = ReturnType<typeof usePeople>;
