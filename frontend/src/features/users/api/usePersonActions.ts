// What administrators do about a person. After each, the lists and the person are asked for again.
import { useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { adminKeys } from "@/features/admin/keys";
import { call } from "@/lib/api";
import type { AdminUser, CreateUser, DeleteUser, Invite, PatchUser } from "./types";
import { personPath } from "./usePerson";

function told(client: QueryClient, person: AdminUser): void {
  client.setQueryData(adminKeys.person(person.id), person);
  void again(client);
}

function again(client: QueryClient) {
  // Groups count their members.
  void client.invalidateQueries({ queryKey: adminKeys.groups });
  return client.invalidateQueries({ queryKey: adminKeys.people });
}

export function useCreatePerson() {
  const client = useQueryClient();
  return useMutation<AdminUser, Error, CreateUser>({
    mutationFn: (body) => call<AdminUser>("POST", "/admin/users", { body }),
    onSuccess: (person) => told(client, person),
  });
}

export function useChangePerson(id: string) {
  const client = useQueryClient();
  return useMutation<AdminUser, Error, PatchUser>({
    mutationFn: (body) => call<AdminUser>("PATCH", personPath(id), { body }),
    onSuccess: (person) => told(client, person),
  });
}

export function useDeletePerson(id: string) {
  const client = useQueryClient();
  return useMutation<void, Error, DeleteUser | undefined>({
    mutationFn: (body) => call<void>("DELETE", personPath(id), { body }),
    onSettled: () => void again(client),
  });
}

/** A new link takes the place of the one before. */
export function useInvite() {
  const client = useQueryClient();
  return useMutation<Invite, Error, string>({
    mutationFn: (id) => call<Invite>("POST", personPath(id, "/invite")),
    onSuccess: () => void again(client),
  });
}

/** One of their sessions; undefined: all of them. */
export function useEndSessions(id: string) {
  const client = useQueryClient();
  return useMutation<void, Error, string | undefined>({
    mutationFn: (session) =>
      session
        ? call<void>("DELETE", personPath(id, `/sessions/${encodeURIComponent(session)}`))
        : call<void>("POST", personPath(id, "/sign-out")),
    onSettled: () => client.invalidateQueries({ queryKey: adminKeys.personSessions(id) }),
  });
}

export function useTwoFactorOff(id: string) {
  const client = useQueryClient();
  return useMutation<void>({
    mutationFn: () => call<void>("DELETE", personPath(id, "/two-factor")),
    onSuccess: () => void again(client),
  });
}
