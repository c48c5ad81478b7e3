// The templates, and what is left of the limits.
import { useQuery } from "@tanstack/react-query";
import { call, keys, type Limits, type Template, type TemplateList } from "@/lib/api";

export function useTemplates() {
  return useQuery<Template[]>({
    queryKey: keys.templates,
    queryFn: async ({ signal }) => (await call<TemplateList>("GET", "/templates", { signal })).items,
    refetchInterval: 60_000,
  });
}

/** Also what a start asked for now would wait, so it is asked again while it is looked at. */
export function useLimits() {
  return useQuery<Limits>({
    queryKey: keys.limits,
    queryFn: ({ signal }) => call<Limits>("GET", "/limits", { signal }),
    refetchInterval: 15_000,
    staleTime: 5_000,
  });
}
