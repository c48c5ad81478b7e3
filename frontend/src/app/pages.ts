// The pages, each a chunk of its own, and how they are fetched ahead of need.
import { lazy } from "react";
import { fetchDesktops } from "@/features/desktops/api";
import { keys, queryClient, wasSignedIn } from "@/lib/api";
import { paths } from "@/lib/router";

const loadDoor = () => import("./door");
const loadHome = () => import("@/features/desktops/DesktopsPage");
const loadViewer = () => import("@/features/viewer/ViewerPage");

export const DesktopsPage = lazy(() => loadHome().then((m) => ({ default: m.DesktopsPage })));
export const QueuePage = lazy(() => import("@/features/queue/QueuePage").then((m) => ({ default: m.QueuePage })));
export const DriftPage = lazy(() => import("@/features/drift/DriftPage").then((m) => ({ default: m.DriftPage })));
export const OperationsPage = lazy(() =>
  import("@/features/operations/OperationsPage").then((m) => ({ default: m.OperationsPage })),
);
export const PeoplePage = lazy(() => import("@/features/users/PeoplePage").then((m) => ({ default: m.PeoplePage })));
export const GroupsPage = lazy(() => import("@/features/users/GroupsPage").then((m) => ({ default: m.GroupsPage })));
export const AuditPage = lazy(() => import("@/features/audit/AuditPage").then((m) => ({ default: m.AuditPage })));
export const TemplatesPage = lazy(() =>
  import("@/features/templates/TemplatesPage").then((m) => ({ default: m.TemplatesPage })),
);
export const AccountPage = lazy(() =>
  import("@/features/account/AccountPage").then((m) => ({ default: m.AccountPage })),
);
export const ViewerPage = lazy(() => loadViewer().then((m) => ({ default: m.ViewerPage })));
export const SignInRoute = lazy(() => loadDoor().then((m) => ({ default: m.SignInRoute })));
export const InviteRoute = lazy(() => loadDoor().then((m) => ({ default: m.InviteRoute })));

/** Most visits begin at home: it and its list are fetched while the page asks who is signed in. */
export function fetchAhead(path: string): void {
  if (path !== paths.home || !wasSignedIn()) return;
  void loadHome();
  void queryClient.prefetchQuery({
    queryKey: keys.desktops,
    queryFn: ({ signal }) => fetchDesktops(queryClient, signal),
  });
}
