// Signs out here, or everywhere. What this browser kept about the person's desktops goes too.
import { useMutation } from "@tanstack/react-query";
import { call, isApiError, type LogoutResponse } from "@/lib/api";

export function useLogout() {
  return useMutation<LogoutResponse, Error, "here" | "everywhere">({
    mutationFn: async (where) => {
      let answer: LogoutResponse;
      try {
        const path = where === "here" ? "/auth/logout" : "/auth/logout-all";
        answer = await call<LogoutResponse>("POST", path, { refresh: where !== "here" });
      } catch (error) {
        // Nobody was signed in any more: that is what was wanted.
        if (!isApiError(error) || error.status !== 401) throw error;
      }
      forgetPictures();
      return answer;
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
