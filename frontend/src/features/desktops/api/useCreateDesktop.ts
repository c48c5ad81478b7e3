// Asks for a new desktop. The same press never makes two: an unanswered request is sent again with its key.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { call, isApiError, keys, putDesktop, type CreateDesktop, type Desktop } from "@/lib/api";
import { randomId } from "@/lib/randomId";

export function useCreateDesktop() {
  const client = useQueryClient();
  return useMutation<Desktop, Error, CreateDesktop & { key?: string }>({
    mutationFn: async ({ key = randomId(), ...body }) => {
      const send = () => call<Desktop>("POST", "/desktops", { body, headers: { "idempotency-key": key } });
      try {
        return await send();
      } catch (error) {
        if (isApiError(error) && error.unreachable) return await send();
        throw error;
      }
    },
    onSuccess: (desktop) => putDesktop(client, desktop),
    onSettled: () => client.invalidateQueries({ queryKey: keys.limits }),
  });
}
