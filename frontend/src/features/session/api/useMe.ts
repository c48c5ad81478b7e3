// Who is signed in. The door before every page has asked before the page is shown, so it is there.
import { queryOptions, useQuery } from "@tanstack/react-query";
import { call, isApiError, keys, type User } from "@/lib/api";

export const meQuery = queryOptions<User>({
  queryKey: keys.me,
  queryFn: ({ signal }) => call<User>("GET", "/me", { signal }),
  staleTime: Infinity,
  // Nothing can be shown before the answer, so a silent server is said soon, and asked again by itself.
  retry: false,
  refetchInterval: ({ state: { error } }) => (isApiError(error) && error.status !== 401 ? 5_000 : false),
});

const NOBODY: User = { id: "", username: "", display_name: "", role: "user" };

export function useMe(): User {
  const { data } = useQuery({ ...meQuery, enabled: false });
  // Empty only for the moment between signing out and the sign-in page.
  return data ?? NOBODY;
}

export function shownName(user: User): string {
  return user.display_name.trim() || user.username;
}

export function initials(user: User): string {
  return letters(shownName(user));
}

/** Two letters for the round picture. */
export function letters(name: string): string {
  const words = name.split(/[\s._-]+/).filter(Boolean);
  const chosen =
    words.length > 1 ? [words[0], words.at(-1)].map((word) => word?.[0]) : [...(words[0] ?? "")].slice(0, 2);
  return chosen.join("").toUpperCase();
}
