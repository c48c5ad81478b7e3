// The groups, for administrators: limits for many at once, and templates that only some may use.
import { useCallback, useState } from "react";
import { Button } from "@/components/ui/Button";
import { Cell, DataTable, type Column } from "@/components/ui/DataTable";
import { TableEmpty, TableFailed, TableSkeleton } from "@/components/ui/TableWaiting";
import { useTableKeys } from "@/features/admin/useTableKeys";
import { CONNECTION_BANNER_ID, useOffline } from "@/lib/events";
import { figure, many } from "@/lib/figures";
import { Link, navigate, paths, useSearch, withSearch } from "@/lib/router";
import { useTitle } from "@/lib/useTitle";
import { useGroups, type Group } from "./api";
import { DeleteGroupDialog } from "./components/DeleteGroupDialog";
import { GroupDrawer } from "./components/GroupDrawer";
import styles from "./components/GroupTable.module.css";
import { UsersFrame } from "./components/UsersFrame";
import { address, NEW } from "./filters";
import { limitWords } from "./words";

const COLUMNS: Column[] = [
  { head: "Name" },
  { head: "Members", figure: true },
  { head: "Limits" },
  { head: "Templates of its own", figure: true, mid: true },
];

export function GroupsPage() {
  useTitle("Groups");
  const openId = new URLSearchParams(useSearch()).get("group");
  const groups = useGroups();
  const offline = useOffline();
  const [deleting, setDeleting] = useState<Group | null>(null);
  const open = useCallback(
    (id: string | null) =>
      navigate(withSearch(paths.groups, { group: id ?? undefined }), { replace: openId !== null && id !== null }),
    [openId],
  );
  useTableKeys({ items: groups.data, openId, open });
  const add = (
    <Button
      variant="primary"
      icon="plus"
      disabled={offline}
      aria-describedby={offline ? CONNECTION_BANNER_ID : undefined}
      onClick={() => open(NEW)}
    >
      Add group
    </Button>
  );

  return (
    <>
      <UsersFrame present="groups" summary={groups.data && many(groups.data.length, "group")} action={add}>
        {!groups.data &&
          (groups.isError ? (
            <TableFailed
              what="The groups could not be loaded"
              error={groups.error}
              busy={groups.isFetching}
              onRetry={() => void groups.refetch()}
            />
          ) : (
            <TableSkeleton what="the groups" columns={4} />
          ))}
        {groups.data?.length === 0 && (
          <TableEmpty>There is no group yet. Everybody has the installation’s limits, or their own.</TableEmpty>
        )}
        {groups.data && groups.data.length > 0 && (
          <DataTable
            label="Groups"
            items={groups.data}
            columns={COLUMNS}
            name={({ name, members }) => `${name}, ${many(members, "member")}`}
            openId={openId}
            className={styles.table}
            cells={(group) => <Cells group={group} open={openId === group.id} anyOpen={openId !== null} />}
          />
        )}
      </UsersFrame>
      {openId && <GroupDrawer key={openId} id={openId} groups={groups.data} onOpen={open} onDelete={setDeleting} />}
      {deleting && (
        <DeleteGroupDialog
          group={deleting}
          onClose={(deleted) => {
            setDeleting(null);
            if (deleted) open(null);
          }}
        />
      )}
    </>
  );
}

function Cells({ group, open, anyOpen }: { group: Group; open: boolean; anyOpen: boolean }) {
  return (
    <>
      <Cell className={styles.name}>
        <Link to={withSearch(paths.groups, { group: group.id })} replace={anyOpen} aria-current={open || undefined}>
          {group.name}
        </Link>
        {group.description && <small>{group.description}</small>}
      </Cell>
      <Cell figure className={group.members === 1 ? `${styles.members} ${styles.one}` : styles.members}>
        <Link
          to={address({ filter: { group: group.id }, user: null })}
          aria-label={`${many(group.members, "member")} of ${group.name}`}
        >
          {figure(group.members)}
        </Link>
      </Cell>
      <Cell className={styles.limits}>{limitWords(group.limits)}</Cell>
      <Cell figure mid>
        {group.templates.length === 0 ? <span className={styles.quiet}>–</span> : figure(group.templates.length)}
      </Cell>
    </>
  );
}
