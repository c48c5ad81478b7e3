// The door of every page but sign-in, and what runs behind it: the events, the log-in's upkeep, the voice for screen
// readers, and the way back to the door when the log-in ends.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, type ReactNode } from "react";
import { useAnnouncement } from "@/lib/announce";
import { isApiError, keepSessionFresh, keys, onSessionEnded, wasSignedIn } from "@/lib/api";
import { useEvents } from "@/lib/events";
import { here, navigate, paths, withSearch } from "@/lib/router";
import { meQuery } from "@/features/session/api";
import { rememberReturnName } from "@/features/session/returnTo";
import { useDesktopNews } from "@/features/desktops/useDesktopNews";
import { Failed } from "./failures";

export function SignedIn({ children }: { children: ReactNode }) {
  const me = useQuery(meQuery);
  useSignedOut();
  const nobody = isApiError(me.error) && me.error.status === 401;
  useEffect(() => {
    if (nobody) goToSignIn(false);
  }, [nobody]);
  if (me.data) return <Inside>{children}</Inside>;
  return me.isError && !nobody ? (
    <Failed error={me.error} onRetry={() => void me.refetch()} busy={me.isFetching} />
  ) : null;
}

function Inside({ children }: { children: ReactNode }) {
  useEvents();
  useDesktopNews();
  useEffect(keepSessionFresh, []);
  const announcement = useAnnouncement();
  return (
    <>
      {children}
      <div className="sr" aria-live="polite">
        {announcement}
      </div>
    </>
  );
}

function useSignedOut() {
  const client = useQueryClient();
  useEffect(() => {
    const known = wasSignedIn();
    return onSessionEnded(() => {
      goToSignIn(known || client.getQueryData(keys.me) !== undefined);
      // After the pages are gone: they would ask again for what is taken away under them.
      setTimeout(() => client.clear());
    });
  }, [client]);
}

function goToSignIn(ended: boolean) {
  if (location.pathname === paths.signIn) return;
  const path = here();
  rememberReturnName(path, document.title);
  const search = { return: path === paths.home ? undefined : path, ended: ended ? "1" : undefined };
  navigate(withSearch(paths.signIn, search), { replace: true });
}
