// Signing out here or everywhere, and leaving for where that leads.
import { toast } from "@/components/ui/Toast";
import { queryClient, rememberExpiry } from "@/lib/api";
import { navigate, paths } from "@/lib/router";
import { useLogout } from "./api";

export function useSignOut() {
  const logout = useLogout();
  const signOut = (where: "here" | "everywhere") =>
    logout.mutate(where, {
      onSuccess: (answer) => {
        rememberExpiry(null);
        // Who came from a provider is signed out there too, by going there.
        if (answer?.end_session_url) return location.assign(answer.end_session_url);
        navigate(paths.signIn);
        setTimeout(() => queryClient.clear());
      },
      onError: () => toast("You are still signed in: Berth did not answer. Try again in a moment."),
    });
  return { signOut, busy: logout.isPending };
}
