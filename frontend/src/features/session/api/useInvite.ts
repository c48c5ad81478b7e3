// An invite link: whom it is for, and the password that takes it up, which signs in at the same time.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call, keys, rememberExpiry, type LoginResponse } from "@/lib/api";
import type { AcceptInvite, InviteFor } from "./types";

export function useInviteFor(token: string) {
  return useQuery<InviteFor>({
    queryKey: ["invite", token],
    queryFn: ({ signal }) => call<InviteFor>("POST", "/auth/invite", { body: { token }, signal, refresh: false }),
    enabled: token !== "",
    staleTime: Infinity,
    gcTime: 0,
  });
}

export function useAcceptInvite() {
  const client = useQueryClient();
  return useMutation<LoginResponse, Error, AcceptInvite>({
    mutationFn: (body) => call<LoginResponse>("POST", "/auth/invite/accept", { body, refresh: false }),
    onSuccess: ({ user, expires_at }) => {
      client.clear();
      client.setQueryData(keys.me, user);
      rememberExpiry(expires_at);
    },
  });
}
