// One cache for the page. Events keep it true, so it refetches only when asked, after a reconnect, or on return
// to a tab; a failed read is tried again twice unless the api said a clear no.
import { QueryClient } from "@tanstack/react-query";
import { isApiError } from "./problem";

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        gcTime: 30 * 60_000,
        retry: (failures, error) => failures < 2 && (!isApiError(error) || error.unreachable || error.status >= 500),
        retryDelay: (attempt) => Math.min(1000 * 2 ** attempt, 10_000),
        // The page tells offline from online by its own event stream.
        networkMode: "always",
      },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}

export const queryClient = makeQueryClient();
