// The page's addresses and the few things that pages need of a router. The router itself is wouter: 2 KB, which keeps
// the first load within its budget.
export { Link, Route, Router, Switch, useLocation, useParams, useSearch } from "wouter";
export { navigate } from "wouter/use-browser-location";

export const paths = {
  home: "/",
  signIn: "/sign-in",
  queue: "/queue",
  drift: "/drift",
  operations: "/operations",
  users: "/users",
  groups: "/users/groups",
  audit: "/users/audit",
  templates: "/templates",
  account: "/account",
  invite: "/invite",
  viewer: (desktopId: string) => `/desktops/${encodeURIComponent(desktopId)}/view`,
} as const;

/** Where the page is now, with its search: what one comes back to. */
export function here(): string {
  return location.pathname + location.search;
}

/** A path with the parameters that have a value. */
export function withSearch(path: string, search: Record<string, string | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) if (value) query.set(name, value);
  return query.size > 0 ? `${path}?${query}` : path;
}
