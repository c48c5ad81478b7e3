// The templates, for administrators: what users may start, in the order they see it; each image on each node; and the
// registries that images are pulled from.
import { useCallback, useMemo, useState } from "react";
import { Button } from "@/components/ui/Button";
import { TableEmpty, TableFailed, TableSkeleton } from "@/components/ui/TableWaiting";
import { useTableKeys } from "@/features/admin/useTableKeys";
import { useGroups } from "@/features/users/api";
import { CONNECTION_BANNER_ID, useOffline } from "@/lib/events";
import { many } from "@/lib/figures";
import { navigate, paths, useSearch, withSearch } from "@/lib/router";
import { useTitle } from "@/lib/useTitle";
import { useTemplateList, type AdminTemplate } from "./api";
import { DeleteTemplateDialog } from "./components/DeleteTemplateDialog";
import { Registries } from "./components/Registries";
import { TemplateDrawer } from "./components/TemplateDrawer";
import { TemplateTable } from "./components/TemplateTable";
import styles from "./TemplatesPage.module.css";

/** In the address where a template's id stands, for one that is not there yet. */
const NEW = "new";

export function TemplatesPage() {
  useTitle("Templates");
  const openId = new URLSearchParams(useSearch()).get("template");
  const templates = useTemplateList();
  const groups = useGroups();
  const offline = useOffline();
  const [deleting, setDeleting] = useState<AdminTemplate | null>(null);
  const open = useCallback(
    (id: string | null) =>
      navigate(withSearch(paths.templates, { template: id ?? undefined }), { replace: openId !== null && id !== null }),
    [openId],
  );
  const list = useMemo(() => templates.data?.toSorted((a, b) => a.position - b.position), [templates.data]);
  useTableKeys({ items: list, openId, open });

  return (
    <>
      <div className={styles.head}>
        <h1>Templates</h1>
        <p>
          {list && list.length > 0 && many(list.length, "template")}
          {list && list.length > 1 && <span className={styles.wide}>, in the order users see them</span>}
        </p>
        <Button
          className={styles.add}
          variant="primary"
          icon="plus"
          disabled={offline}
          aria-describedby={offline ? CONNECTION_BANNER_ID : undefined}
          onClick={() => open(NEW)}
        >
          Add template
        </Button>
      </div>
      <section className={`card ${styles.card}`} aria-label="Templates">
        {!list &&
          (templates.isError ? (
            <TableFailed
              what="The templates could not be loaded"
              error={templates.error}
              busy={templates.isFetching}
              onRetry={() => void templates.refetch()}
            />
          ) : (
            <TableSkeleton what="the templates" columns={5} />
          ))}
        {list?.length === 0 && <TableEmpty>There is no template, so nobody can start anything. Add one.</TableEmpty>}
        {list && list.length > 0 && (
          <TemplateTable
            templates={list}
            groups={groups.data ?? []}
            openId={openId}
            offline={offline}
            onOpen={open}
            onDelete={setDeleting}
          />
        )}
      </section>
      <Registries />
      {openId && (
        <TemplateDrawer
          key={openId === NEW ? NEW : "drawer"}
          id={openId}
          isNew={openId === NEW}
          templates={list}
          groups={groups.data ?? []}
          onOpen={open}
          onDelete={setDeleting}
        />
      )}
      {deleting && (
        <DeleteTemplateDialog
          template={deleting}
          onClose={(deleted) => {
            setDeleting(null);
            if (deleted && openId === deleting.id) open(null);
          }}
        />
      )}
    </>
  );
}
