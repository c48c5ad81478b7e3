// Whether Berth answers at all; needs nobody signed in.
import { useQuery } from "@tanstack/react-query";
import { call, keys, type About } from "@/lib/api";

export function useAbout() {
  return useQuery<About>({
    queryKey: keys.about,
    queryFn: ({ signal }) => call<About>("GET", "/about", { signal, refresh: false }),
    retry: false,
  });
}
