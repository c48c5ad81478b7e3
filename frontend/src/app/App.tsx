// What every page stands in: the icons, the cache, the addresses and the place for short news.
import { QueryClientProvider } from "@tanstack/react-query";
import { Suspense, type ReactNode } from "react";
import { Sprite } from "@/components/ui/Icon";
import { Toaster } from "@/components/ui/Toast";
import { queryClient } from "@/lib/api";
import { paths, Route, Switch } from "@/lib/router";
import { CatchFailure, NoPage } from "./failures";
import { ForAdministrators } from "./ForAdministrators";
import * as pages from "./pages";
import { Shell } from "./Shell";
import { SignedIn } from "./SignedIn";

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <Sprite />
      <CatchFailure>
        <Suspense>
          <Switch>
            <Route path={paths.signIn}>
              <pages.SignInRoute />
            </Route>
            <Route path={paths.invite}>
              <pages.InviteRoute />
            </Route>
            <Route path={paths.home}>{own(<pages.DesktopsPage />)}</Route>
            <Route path={paths.account}>{own(<pages.AccountPage />)}</Route>
            <Route path={paths.queue}>{staff(<pages.QueuePage />)}</Route>
            <Route path={paths.drift}>{staff(<pages.DriftPage />)}</Route>
            <Route path={paths.operations}>{staff(<pages.OperationsPage />)}</Route>
            <Route path={paths.users}>{administrators(<pages.PeoplePage />)}</Route>
            <Route path={paths.groups}>{administrators(<pages.GroupsPage />)}</Route>
            <Route path={paths.audit}>{administrators(<pages.AuditPage />)}</Route>
            <Route path={paths.templates}>{administrators(<pages.TemplatesPage />)}</Route>
            <Route path="/desktops/:desktopId/view">
              <SignedIn>
                <Suspense>
                  <pages.ViewerPage />
                </Suspense>
              </SignedIn>
            </Route>
            <Route>
              <NoPage />
            </Route>
          </Switch>
        </Suspense>
      </CatchFailure>
      <Toaster />
    </QueryClientProvider>
  );
}

/** For everybody who is signed in. */
function own(page: ReactNode) {
  return (
    <SignedIn>
      <Shell>{page}</Shell>
    </SignedIn>
  );
}

/** For operators and administrators. */
function staff(page: ReactNode) {
  return (
    <SignedIn>
      <ForAdministrators>{page}</ForAdministrators>
    </SignedIn>
  );
}

/** For administrators only. */
function administrators(page: ReactNode) {
  return (
    <SignedIn>
      <ForAdministrators only>{page}</ForAdministrators>
    </SignedIn>
  );
}
