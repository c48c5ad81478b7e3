// Sets a new password for the one who is signed in. A wrong present password is a 401 with a code of its own.
import { useMutation } from "@tanstack/react-query";
import { call, type ChangePassword } from "@/lib/api";

export function useChangePassword() {
  return useMutation<void, Error, ChangePassword>({
    mutationFn: (body) => call<void>("PUT", "/me/password", { body }),
  });
}
