// Signs in. A 401 here is the answer, not a reason to refresh.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { call, keys, rememberExpiry, type LoginRequest, type LoginResponse } from "@/lib/api";

export function useLogin() {
  const client = useQueryClient();
  return useMutation<LoginResponse, Error, LoginRequest>({
    mutationFn: (body) => call<LoginResponse>("POST", "/auth/login", { body, refresh: false }),
    onSuccess: ({ user, expires_at }) => {
      client.clear();
      client.setQueryData(keys.me, user);
      rememberExpiry(expires_at);
    },
  });
}
