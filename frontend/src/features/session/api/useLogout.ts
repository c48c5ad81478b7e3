// Signs out here, or everywhere. What this browser kept about the person's desktops goes too.
import { useMutation } from "@tanstack/react-query";
import { call, isApiError } from "@/lib/api";

export function useLogout() {
  return useMutation<void, Error, "here" | "everywhere">({
    mutationFn: async (where) => {
      try {
        await call<void>("POST", where === "here" ? "/auth/logout" : "/auth/logout-all", { refresh: where !== "here" });
      } catch (error) {
        // Nobody was signed in any more: that is what was wanted.
        if (!isApiError(error) || error.status !== 401) throw error;
      }
      forgetPictures();
    },
  });
}

function forgetPictures() {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith("berth.picture.")) localStorage.removeItem(key);
  } catch {
    // Storage is closed to us: there are none.
  }
}
