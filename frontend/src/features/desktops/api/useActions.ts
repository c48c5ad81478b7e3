// What may be done to one desktop. The answer is put into the cache; nothing is assumed before it arrives.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { call, dropDesktop, isApiError, keys, putDesktop, type Desktop } from "@/lib/api";

const path = (id: string) => `/desktops/${encodeURIComponent(id)}`;

function useAction<V>(id: (variables: V) => string, run: (variables: V) => Promise<Desktop>) {
  const client = useQueryClient();
  return useMutation<Desktop, Error, V>({
    mutationFn: run,
    onSuccess: (desktop) => putDesktop(client, desktop),
    onError: (error, variables) => {
      if (isApiError(error) && error.status === 404) dropDesktop(client, id(variables));
    },
    onSettled: () => client.invalidateQueries({ queryKey: keys.limits }),
  });
}

const same = (id: string) => id;

/** Starts a stopped or failed desktop again; counts towards the start windows. */
export function useStartDesktop() {
  return useAction(same, (id) => call<Desktop>("POST", `${path(id)}/start`));
}

/** Stops a desktop, or cancels its start. The home folder stays. */
export function useStopDesktop() {
  return useAction(same, (id) => call<Desktop>("POST", `${path(id)}/stop`));
}

/** Deletes a desktop and its home folder. The row stays until the event says it is gone. */
export function useDeleteDesktop() {
  return useAction(same, (id) => call<Desktop>("DELETE", path(id)));
}

export function useRenameDesktop() {
  return useAction(
    ({ id }: { id: string; name: string }) => id,
    ({ id, name }) => call<Desktop>("PATCH", path(id), { body: { name } }),
  );
}
