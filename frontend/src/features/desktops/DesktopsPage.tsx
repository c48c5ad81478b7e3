// The home page: on the left the desktops, on the right what may be started.
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { Button } from "@/components/ui/Button";
import { PageFailed } from "@/components/ui/PageFailed";
import type { Desktop } from "@/lib/api";
import { useOffline } from "@/lib/events";
import { many } from "@/lib/figures";
import { useTitle } from "@/lib/useTitle";
import { useMe } from "@/features/session/api";
import { useDesktops, useLimits, useTemplates } from "./api";
import { DesktopRow } from "./components/DesktopRow";
import { ListSkeleton } from "./components/ListSkeleton";
import { StartPanel } from "./components/StartPanel";
import { DesktopsContext, type DialogKind } from "./DesktopsContext";
import styles from "./DesktopsPage.module.css";
import { inOrder } from "./status";
import { focusStartPanel, useDesktopKeys } from "./useDesktopKeys";
import { useStart } from "./useStart";

// What only some visits need comes when it is needed.
const DesktopTable = lazy(() => import("./components/DesktopTable").then((m) => ({ default: m.DesktopTable })));
const EmptyHome = lazy(() => import("./components/EmptyHome").then((m) => ({ default: m.EmptyHome })));
const HeldBanner = lazy(() => import("./components/HeldBanner").then((m) => ({ default: m.HeldBanner })));
const Dialogs = lazy(() => import("./components/Dialogs").then((m) => ({ default: m.Dialogs })));

/** From this many on, one line each. */
const ROOMY = 8;

export function DesktopsPage() {
  useTitle("Your desktops");
  useDesktopKeys();
  const desktops = useDesktops();
  const templates = useTemplates();
  const limits = useLimits();
  const me = useMe();
  const offline = useOffline();
  const start = useStart(limits.data, limits.dataUpdatedAt);
  const [dialog, setDialog] = useState<{ kind: DialogKind; id: string } | null>(null);

  const list = useMemo(() => desktops.data && inOrder(desktops.data), [desktops.data]);
  const byId = useMemo(() => new Map(templates.data?.map((template) => [template.id, template])), [templates.data]);
  const underWay = list?.filter((desktop) => desktop.status === "starting").length ?? 0;
  const openDialog = useCallback((kind: DialogKind, { id }: Desktop) => setDialog({ kind, id }), []);
  const { refuse } = start;
  const context = useMemo(
    () => ({ templates: byId, limits: limits.data, me: me.username, underWay, offline, openDialog, refuse }),
    [byId, limits.data, me.username, underWay, offline, openDialog, refuse],
  );
  const subject = dialog && desktops.data?.find((desktop) => desktop.id === dialog.id);

  if (!list && desktops.isError)
    return (
      <PageFailed
        whole
        what="Your desktops could not be loaded"
        error={desktops.error}
        busy={desktops.isFetching}
        onRetry={() => void desktops.refetch()}
      />
    );

  return (
    <DesktopsContext value={context}>
      {limits.data?.queue.held && (
        <Suspense>
          <HeldBanner held={limits.data.queue.held} />
        </Suspense>
      )}
      {list?.length === 0 ? (
        <Suspense>
          <EmptyHome templates={templates.data} limits={limits.data} start={start} />
        </Suspense>
      ) : (
        <>
          <div className={styles.head}>
            <h1>Your desktops</h1>
            {list && <p>{summary(list)}</p>}
          </div>
          <div className={styles.home}>
            <div>
              {!list && <ListSkeleton />}
              {list && list.length <= ROOMY && (
                <ul className={styles.rows} role="list" aria-label="Your desktops">
                  {list.map((desktop) => (
                    <DesktopRow key={desktop.id} desktop={desktop} />
                  ))}
                </ul>
              )}
              {list && list.length > ROOMY && (
                <Suspense fallback={<ListSkeleton />}>
                  <DesktopTable desktops={list} />
                </Suspense>
              )}
            </div>
            <StartPanel desktops={list ?? []} templates={templates.data} limits={limits.data} start={start} />
          </div>
          <div className={styles.callToAction}>
            <Button variant="primary" size="wide" icon="plus" onClick={focusStartPanel}>
              Start a desktop
              {limits.data && <span>· {free(limits.data.desktops)}</span>}
            </Button>
          </div>
        </>
      )}
      {dialog && subject && (
        <Suspense>
          <Dialogs kind={dialog.kind} desktop={subject} onClose={() => setDialog(null)} />
        </Suspense>
      )}
    </DesktopsContext>
  );
}

function summary(list: Desktop[]): string {
  const running = list.filter((desktop) => desktop.status === "running").length;
  return `${many(list.length, "desktop")}, ${running} running`;
}

function free({ limit, used }: { limit: number; used: number }): string {
  return `${Math.max(0, limit - used)} of ${limit} free`;
}
