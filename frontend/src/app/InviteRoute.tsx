// The invite page at its address. The token stands behind the #, so that no server on the way sees it.
import { useState } from "react";
import { InvitePage } from "@/features/session/components/InvitePage";
import { navigate, paths } from "@/lib/router";

export function InviteRoute() {
  const [token] = useState(() => location.hash.slice(1));
  return <InvitePage token={token} onSignedIn={() => navigate(paths.home, { replace: true })} />;
}
