// What every page stands in: the icons, the cache, the addresses and the place for short news.
import { QueryClientProvider } from "@tanstack/react-query";
import { Suspense } from "react";
import { Sprite } from "@/components/ui/Icon";
import { Toaster } from "@/components/ui/Toast";
import { queryClient } from "@/lib/api";
import { paths, Route, Switch } from "@/lib/router";
import { CatchFailure, NoPage } from "./failures";
import { ForAdministrators } from "./ForAdministrators";
import { DesktopsPage, DriftPage, QueuePage, SignInRoute, ViewerPage } from "./pages";
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
              <SignInRoute />
            </Route>
            <Route path={paths.home}>
              <SignedIn>
                <Shell>
                  <DesktopsPage />
                </Shell>
              </SignedIn>
            </Route>
            <Route path={paths.queue}>
              <SignedIn>
                <ForAdministrators>
                  <QueuePage />
                </ForAdministrators>
              </SignedIn>
            </Route>
            <Route path={paths.drift}>
              <SignedIn>
                <ForAdministrators>
                  <DriftPage />
                </ForAdministrators>
              </SignedIn>
            </Route>
            <Route path="/desktops/:desktopId/view">
              <SignedIn>
                <Suspense>
                  <ViewerPage />
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
