// The names under which answers are kept. Events patch them, so they stand in one place.
export const keys = {
  me: ["me"],
  about: ["about"],
  /** The whole list, newest first. */
  desktops: ["desktops"],
  /** One desktop; null when there is none of that id (any more). */
  desktop: (id: string) => ["desktop", id],
  history: (id: string) => ["history", id],
  templates: ["templates"],
  limits: ["limits"],
} as const;
