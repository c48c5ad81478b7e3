// The templates as administrators see them: for their own page, and wherever one of them is chosen.
import { useQuery } from "@tanstack/react-query";
import type { AdminTemplate } from "@/features/templates/api/types";
import { adminKeys } from "./keys";
import { all } from "./all";

/** Sooner while an image is on its way: its progress is no event. */
const PULLING_MS = 2_000;
const REST_MS = 15_000;

export function useTemplateList() {
  return useQuery<AdminTemplate[]>({
    queryKey: adminKeys.templates,
    queryFn: ({ signal }) => all<AdminTemplate>("/admin/templates", signal),
    staleTime: 1_000,
    refetchInterval: ({ state: { data } }) =>
      data?.some(({ nodes }) => nodes.some(({ state }) => state === "pulling")) ? PULLING_MS : REST_MS,
  });
}
