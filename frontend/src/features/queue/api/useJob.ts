// One job with everything that is known of it. `data` is null when there is none of that id (any more).
import { useQuery } from "@tanstack/react-query";
import { adminKeys } from "@/features/admin/keys";
import { call, isApiError, type JobDetail } from "@/lib/api";

export function useJob(id: string) {
  return useQuery<JobDetail | null>({
    queryKey: adminKeys.job(id),
    queryFn: async ({ signal }) => {
      try {
        return await call<JobDetail>("GET", `/admin/jobs/${encodeURIComponent(id)}`, { signal });
      } catch (error) {
        if (isApiError(error) && error.status === 404) return null;
        throw error;
      }
    },
    staleTime: 0,
    gcTime: 60_000,
  });
}
