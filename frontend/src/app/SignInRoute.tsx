// The sign-in page at its address: reads where to go back to, and goes there.
import { SignInPage } from "@/features/session/components/SignInPage";
import { returnName, safeReturn } from "@/features/session/returnTo";
import { navigate, useSearch } from "@/lib/router";

export function SignInRoute() {
  const search = new URLSearchParams(useSearch());
  const path = safeReturn(search.get("return"));
  return (
    <SignInPage
      ended={search.has("ended")}
      error={search.get("error")}
      returnTo={path}
      returnName={returnName(path)}
      onSignedIn={() => navigate(path, { replace: true })}
    />
  );
}
