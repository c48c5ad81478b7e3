// People and groups, as administrators see and change them.
export * from "./useGroups";
export * from "./usePeople";
export * from "./usePerson";
export * from "./usePersonActions";
export type * from "./types";
