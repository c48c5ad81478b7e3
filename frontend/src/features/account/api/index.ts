// One's own account: where one is signed in, the second step, API tokens.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call, isApiError, type Session, type SessionList } from "@/lib/api";
import { accountKeys } from "./keys";
import type { CreateToken, NewToken, RecoveryCodes, Token, TokenList, TwoFactor, TwoFactorSecret } from "./types";

export type * from "./types";

export function useSessions() {
  return useQuery<Session[]>({
    queryKey: accountKeys.sessions,
    queryFn: async ({ signal }) => (await call<SessionList>("GET", "/me/sessions", { signal })).items,
    staleTime: 5_000,
  });
}

export function useEndSession() {
  const client = useQueryClient();
  return useMutation<void, Error, string>({
    mutationFn: async (id) => {
      try {
        await call<void>("DELETE", `/me/sessions/${encodeURIComponent(id)}`);
      } catch (error) {
        // It has ended by itself: that is what was wanted.
        if (!isApiError(error) || error.status !== 404) throw error;
      }
    },
    onSettled: () => client.invalidateQueries({ queryKey: accountKeys.sessions }),
  });
}

export function useTokens() {
  return useQuery<Token[]>({
    queryKey: accountKeys.tokens,
    queryFn: async ({ signal }) => (await call<TokenList>("GET", "/tokens", { signal })).items,
    staleTime: 5_000,
  });
}

export function useCreateToken() {
  const client = useQueryClient();
  return useMutation<NewToken, Error, CreateToken>({
    mutationFn: (body) => call<NewToken>("POST", "/tokens", { body }),
    onSuccess: () => void client.invalidateQueries({ queryKey: accountKeys.tokens }),
  });
}

export function useDeleteToken() {
  const client = useQueryClient();
  return useMutation<void, Error, string>({
    mutationFn: async (id) => {
      try {
        await call<void>("DELETE", `/tokens/${encodeURIComponent(id)}`);
      } catch (error) {
        if (!isApiError(error) || error.status !== 404) throw error;
      }
    },
    onSettled: () => client.invalidateQueries({ queryKey: accountKeys.tokens }),
  });
}

const TWO_FACTOR = "/me/two-factor";

export function useTwoFactor() {
  return useQuery<TwoFactor>({
    queryKey: accountKeys.twoFactor,
    queryFn: ({ signal }) => call<TwoFactor>("GET", TWO_FACTOR, { signal }),
    staleTime: 5_000,
  });
}

/** The secret for the phone; nothing is on yet. */
export function useBeginTwoFactor() {
  return useMutation<TwoFactorSecret, Error, string>({
    mutationFn: (password) => call<TwoFactorSecret>("POST", TWO_FACTOR, { body: { password } }),
  });
}

export function useConfirmTwoFactor() {
  const client = useQueryClient();
  return useMutation<RecoveryCodes, Error, string>({
    mutationFn: (code) => call<RecoveryCodes>("POST", `${TWO_FACTOR}/confirm`, { body: { code } }),
    onSuccess: () => void client.invalidateQueries({ queryKey: accountKeys.twoFactor }),
  });
}

export function useEndTwoFactor() {
  const client = useQueryClient();
  return useMutation<void, Error, string>({
    mutationFn: (password) => call<void>("DELETE", TWO_FACTOR, { body: { password } }),
    onSuccess: () => void client.invalidateQueries({ queryKey: accountKeys.twoFactor }),
  });
}
