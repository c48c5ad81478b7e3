// What narrows the people, as it stands in the address, and who is in the drawer. Pure.
import { paths, withSearch } from "@/lib/router";

export interface PeopleFilter {
  q?: string;
  role?: string;
  /** A group's id. */
  group?: string;
  state?: string;
}

const FIELDS = ["q", "role", "group", "state"] as const satisfies (keyof PeopleFilter)[];

export interface Place {
  filter: PeopleFilter;
  /** Whose drawer is open. */
  user: string | null;
}

export function readPlace(search: string): Place {
  const query = new URLSearchParams(search);
  const filter: PeopleFilter = {};
  for (const field of FIELDS) {
    const value = query.get(field)?.trim();
    if (value) filter[field] = value;
  }
  return { filter, user: query.get("user") };
}

export function address({ filter, user }: Place): string {
  return withSearch(paths.users, { ...filter, user: user ?? undefined });
}

export function isNarrowed(filter: PeopleFilter): boolean {
  return FIELDS.some((field) => filter[field]);
}

export const STATES = [
  { value: "active", word: "Can sign in" },
  { value: "invited", word: "Invited" },
  { value: "disabled", word: "Switched off" },
];

/** In the address where a group's id stands, for one that is not there yet. */
export const NEW = "new";
