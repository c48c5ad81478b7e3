// Templates and registries, as administrators change them.
import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { adminKeys } from "@/features/admin/keys";
import { all } from "@/features/admin/all";
import { call, keys } from "@/lib/api";
import type { AdminTemplate, Registry, TemplateBody } from "./types";

export { useTemplateList } from "@/features/admin/useTemplateList";
export type * from "./types";

const path = (id: string, more = "") => `/admin/templates/${encodeURIComponent(id)}${more}`;

/** What may be started follows. */
function again(client: QueryClient) {
  void client.invalidateQueries({ queryKey: keys.templates });
  return client.invalidateQueries({ queryKey: adminKeys.templates });
}

/** Null: a new one. */
export function useSaveTemplate(id: string | null) {
  const client = useQueryClient();
  return useMutation<AdminTemplate, Error, Partial<TemplateBody>>({
    mutationFn: (body) =>
      id === null
        ? call<AdminTemplate>("POST", "/admin/templates", { body })
        : call<AdminTemplate>("PATCH", path(id), { body }),
    onSuccess: (saved) => {
      client.setQueryData<AdminTemplate[]>(adminKeys.templates, (list) =>
        list?.map((one) => (one.id === saved.id ? saved : one)),
      );
      void again(client);
    },
  });
}

export function useDeleteTemplate() {
  const client = useQueryClient();
  return useMutation<void, Error, string>({
    mutationFn: (id) => call<void>("DELETE", path(id)),
    onSettled: () => again(client),
  });
}

/** A job for each node; its progress shows in the list. */
export function usePullImage() {
  const client = useQueryClient();
  return useMutation<void, Error, string>({
    mutationFn: (id) => call<void>("POST", path(id, "/pull")),
    onSettled: () => again(client),
  });
}

export function useOrderTemplates() {
  const client = useQueryClient();
  return useMutation<void, Error, string[]>({
    mutationFn: (ids) => call<void>("PUT", "/admin/templates/order", { body: { ids } }),
    onSettled: () => again(client),
  });
}

export function useRegistries() {
  return useQuery<Registry[]>({
    queryKey: adminKeys.registries,
    queryFn: ({ signal }) => all<Registry>("/admin/registries", signal),
    staleTime: 5_000,
  });
}

const registryPath = (host: string) => `/admin/registries/${encodeURIComponent(host)}`;

export interface RegistryBody {
  host: string;
  username: string;
  password: string;
}

export function useSaveRegistry() {
  const client = useQueryClient();
  return useMutation<void, Error, RegistryBody>({
    mutationFn: ({ host, ...body }) => call<void>("PUT", registryPath(host), { body }),
    onSuccess: () => void client.invalidateQueries({ queryKey: adminKeys.registries }),
  });
}

export function useDeleteRegistry() {
  const client = useQueryClient();
  return useMutation<void, Error, string>({
    mutationFn: (host) => call<void>("DELETE", registryPath(host)),
    onSettled: () => client.invalidateQueries({ queryKey: adminKeys.registries }),
  });
}
