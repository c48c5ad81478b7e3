// The api as the rest of the page sees it.
export { BASE, call, open } from "./client";
export { ApiError, isApiError } from "./problem";
export { keys } from "./keys";
export { notLoaded, said, saidBeside, saidOf } from "./said";
export { keepSessionFresh, onSessionEnded, refreshSession, rememberExpiry, sessionEnded, wasSignedIn } from "./session";
export { useDatabaseDown } from "./health";
export { queryClient } from "./queryClient";
export * from "./desktopCache";
export type * from "./types";
