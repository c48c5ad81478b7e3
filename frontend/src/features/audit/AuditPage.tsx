// The audit log, for administrators: who did what to which thing, from where, and what came of it. It only grows.
import { useCallback, useMemo } from "react";
import { Cell, DataTable, type Column } from "@/components/ui/DataTable";
import { Icon } from "@/components/ui/Icon";
import { MoreRows } from "@/components/ui/MoreRows";
import { StatusPill } from "@/components/ui/StatusPill";
import { ClearFilters, TableEmpty, TableFailed, TableSkeleton } from "@/components/ui/TableWaiting";
import { useTableKeys } from "@/features/admin/useTableKeys";
import { moment } from "@/features/admin/words";
import { Avatar } from "@/features/users/components/Avatar";
import { UsersFrame } from "@/features/users/components/UsersFrame";
import { useOffline } from "@/lib/events";
import { figure } from "@/lib/figures";
import { Link, navigate, useSearch } from "@/lib/router";
import { serverNow } from "@/lib/time/clock";
import { exact, zone } from "@/lib/time/words";
import { useTitle } from "@/lib/useTitle";
import type { AuditEntry, AuditFilter } from "./api/types";
import { useAudit, type Audit } from "./api/useAudit";
import { AuditDrawer } from "./components/AuditDrawer";
import { AuditFilters } from "./components/AuditFilters";
import styles from "./components/AuditTable.module.css";
import { address, isNarrowed, readPlace } from "./filters";
import { actorWord, RESULT, sentence } from "./words";

const COLUMNS: Column[] = [
  { head: "Time" },
  { head: "What happened" },
  { head: "Result" },
  { head: "From", mid: true },
];

export function AuditPage() {
  useTitle("Audit log");
  const search = useSearch();
  const { filter, entry: openId } = useMemo(() => readPlace(search), [search]);
  const audit = useAudit(filter);
  const open = useCallback(
    (id: string | null) => navigate(address({ filter, entry: id }), { replace: openId !== null && id !== null }),
    [filter, openId],
  );
  const setFilter = (next: AuditFilter) => navigate(address({ filter: next, entry: null }), { replace: true });
  useTableKeys({ items: audit.items, openId, open });

  return (
    <>
      <UsersFrame present="audit">
        <AuditFilters filter={filter} onFilter={setFilter} />
        <Body audit={audit} filter={filter} openId={openId} onClear={() => setFilter({})} />
      </UsersFrame>
      {openId && <AuditDrawer id={openId} entries={audit.items} filter={filter} onFilter={setFilter} onOpen={open} />}
    </>
  );
}

interface BodyProps {
  audit: Audit;
  filter: AuditFilter;
  openId: string | null;
  onClear: () => void;
}

function Body({ audit, filter, openId, onClear }: BodyProps) {
  const { query, items, arrived, begin } = audit;
  const offline = useOffline();
  if (!items)
    return query.isError ? (
      <TableFailed
        what="The audit log could not be loaded"
        error={query.error}
        busy={query.isFetching}
        onRetry={() => void query.refetch()}
        onClear={onClear}
      />
    ) : (
      <TableSkeleton what="the audit log" columns={4} />
    );
  const news = arrived > 0 && (
    <div className={styles.news}>
      <button type="button" onClick={begin}>
        <Icon name="down" size="sm" className={styles.up} /> {arrived >= 50 ? "50 or more" : figure(arrived)} new
      </button>
    </div>
  );
  if (items.length === 0)
    return (
      <>
        {news}
        <TableEmpty action={isNarrowed(filter) && <ClearFilters onClear={onClear} />}>
          {isNarrowed(filter) ? "Nothing matches." : "Nothing is written down yet."}
        </TableEmpty>
      </>
    );
  return (
    <>
      {news}
      <DataTable
        label="Audit log"
        items={items}
        columns={COLUMNS}
        name={(entry) =>
          `${actorWord(entry)} ${Object.values(sentence(entry)).join(" ")}, ${RESULT[entry.result].word}`
        }
        openId={openId}
        className={styles.table}
        rowPx={40}
        cells={(entry) => <Cells entry={entry} filter={filter} openId={openId} />}
      />
      <MoreRows query={query} offline={offline} end="Entries cannot be changed or deleted here.">
        {figure(items.length)} shown, newest first. Times are those of {zone()}.
      </MoreRows>
    </>
  );
}

interface CellsProps {
  entry: AuditEntry;
  filter: AuditFilter;
  openId: string | null;
}

function Cells({ entry, filter, openId }: CellsProps) {
  const at = Date.parse(entry.at);
  const { did, thing } = sentence(entry);
  const look = RESULT[entry.result];
  const actor = actorWord(entry);
  return (
    <>
      <Cell className={styles.time} title={exact(at)}>
        <time dateTime={entry.at}>{moment(at, serverNow())}</time>
      </Cell>
      <Cell className={styles.what}>
        <span>
          <Avatar small name={entry.actor || "?"} />
          <span>
            <Link
              to={address({ filter, entry: entry.id })}
              replace={openId !== null}
              aria-current={openId === entry.id || undefined}
            >
              <b>{actor}</b> {did}
            </Link>{" "}
            {thing && <span className={styles.thing}>{thing}</span>}
            {entry.detail && <span className={styles.detail}> · {entry.detail}</span>}
          </span>
        </span>
      </Cell>
      <Cell className={styles.result}>
        {entry.result === "ok" ? (
          <span className={styles.ok}>{look.word}</span>
        ) : (
          <StatusPill tone={look.tone} icon={look.icon}>
            {look.word}
          </StatusPill>
        )}
      </Cell>
      <Cell mid className={styles.from}>
        {entry.address ?? "–"}
      </Cell>
    </>
  );
}
