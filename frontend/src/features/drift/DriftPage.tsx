// The drift page, for administrators: where Berth's records and the container engine do not agree, and what to do.
import { useState } from "react";
import { Button } from "@/components/ui/Button";
import { PageFailed } from "@/components/ui/PageFailed";
import { toast } from "@/components/ui/Toast";
import { useAdminEvents } from "@/features/admin/useAdminEvents";
import { ago } from "@/features/admin/words";
import { words } from "@/features/queue/useSteering";
import type { DriftItem, DriftList } from "@/lib/api";
import { CONNECTION_BANNER_ID, useOffline } from "@/lib/events";
import { useNow } from "@/lib/time/ticker";
import { exact } from "@/lib/time/words";
import { useTitle } from "@/lib/useTitle";
import { useCompare, useDrift } from "./api";
import { Agree } from "./components/Agree";
import { Difference } from "./components/Difference";
import { DriftSkeleton } from "./components/DriftSkeleton";
import { EngineBanners } from "./components/EngineBanners";
import { RemoveDialog } from "./components/RemoveDialog";
import { Summary } from "./components/Summary";
import styles from "./DriftPage.module.css";
import { grouped } from "./kinds";

export function DriftPage() {
  useTitle("Drift");
  const drift = useDrift();
  const offline = useOffline();
  const [removing, setRemoving] = useState<DriftItem | null>(null);
  const { refetch } = drift;
  useAdminEvents({ onChange: () => void refetch() });
  const list = drift.data;
  // The question goes when somebody else has settled it meanwhile.
  const asked = removing && list?.items.find((item) => item.id === removing.id && !item.asked);

  if (!list && drift.isError)
    return (
      <PageFailed
        whole
        what="The differences could not be loaded"
        error={drift.error}
        busy={drift.isFetching}
        onRetry={() => void refetch()}
      />
    );

  return (
    <>
      <Head list={list} offline={offline} />
      {!list && <DriftSkeleton />}
      {list && (
        <>
          <EngineBanners nodes={list.nodes} />
          {list.items.length === 0 ? (
            <Agree list={list} />
          ) : (
            <>
              <Summary list={list} />
              {grouped(list.items).map(({ group, items }) => (
                <section key={group.title} className={styles.group} aria-label={group.title}>
                  <div className={styles.groupHead}>
                    <h2>{group.title}</h2>
                    <span className={styles.badge}>{items.length}</span>
                    <p>{group.text}</p>
                  </div>
                  <ul role="list">
                    {items.map((item) => (
                      <Difference
                        key={item.id}
                        item={item}
                        engineUp={list.nodes.find((node) => node.id === item.node)?.engine_up !== false}
                        offline={offline}
                        onRemove={setRemoving}
                      />
                    ))}
                  </ul>
                </section>
              ))}
            </>
          )}
          {asked && <RemoveDialog item={asked} onClose={() => setRemoving(null)} />}
        </>
      )}
    </>
  );
}

function Head({ list, offline }: { list: DriftList | undefined; offline: boolean }) {
  const compare = useCompare();
  const now = useNow();
  const at = list?.compared_at ? Date.parse(list.compared_at) : null;
  return (
    <div className={styles.head}>
      <h1>Drift</h1>
      <p>Where Berth’s records and the container engine do not agree.</p>
      <div className={styles.end}>
        {list && (
          <span title={at === null ? undefined : exact(at)}>
            {at === null ? "Not compared yet" : `Compared ${ago(now - at)}`}
          </span>
        )}
        <Button
          icon="retry"
          busy={compare.isPending}
          disabled={offline || !list}
          aria-describedby={offline ? CONNECTION_BANNER_ID : undefined}
          onClick={() =>
            compare.mutate(undefined, { onError: (error) => toast(`They were not compared. ${words(error)}`) })
          }
        >
          Compare now
        </Button>
      </div>
    </div>
  );
}
