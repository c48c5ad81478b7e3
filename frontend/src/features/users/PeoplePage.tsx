// The people, for administrators: who there is, what they may have, when they were last here; one of them in full beside
// the table.
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { Button } from "@/components/ui/Button";
import { ClearFilters, TableEmpty, TableFailed, TableSkeleton } from "@/components/ui/TableWaiting";
import { useTableKeys } from "@/features/admin/useTableKeys";
import { useMe } from "@/features/session/api";
import { CONNECTION_BANNER_ID, useOffline } from "@/lib/events";
import { many } from "@/lib/figures";
import { navigate, useSearch } from "@/lib/router";
import { useNow } from "@/lib/time/ticker";
import { useTitle } from "@/lib/useTitle";
import { useGroups, usePeople, type AdminUser, type People } from "./api";
import { PeopleFilters } from "./components/PeopleFilters";
import { PeopleTable } from "./components/PeopleTable";
import { PersonDrawer } from "./components/PersonDrawer";
import { UsersFrame } from "./components/UsersFrame";
import { address, isNarrowed, readPlace, type PeopleFilter } from "./filters";
import { PeopleContext, type Asked } from "./PeopleContext";
import { isHere } from "./words";

const AddDialog = lazy(() => import("./components/AddDialog").then((m) => ({ default: m.AddDialog })));
const PersonDialogs = lazy(() => import("./components/PersonDialogs").then((m) => ({ default: m.PersonDialogs })));

export function PeoplePage() {
  useTitle("Users");
  const search = useSearch();
  const { filter, user: openId } = useMemo(() => readPlace(search), [search]);
  const people = usePeople(filter);
  const groups = useGroups();
  const offline = useOffline();
  const { id: meId } = useMe();
  const [asked, setAsked] = useState<{ what: Asked; person: AdminUser } | null>(null);
  const [adding, setAdding] = useState(false);

  const addressOf = useCallback((id: string | null) => address({ filter, user: id }), [filter]);
  const open = useCallback(
    (id: string | null) => navigate(addressOf(id), { replace: openId !== null && id !== null }),
    [addressOf, openId],
  );
  const setFilter = (next: PeopleFilter) => navigate(address({ filter: next, user: openId }), { replace: true });
  const ask = useCallback((what: Asked, person: AdminUser) => setAsked({ what, person }), []);
  const context = useMemo(
    () => ({ openId, offline, meId, addressOf, open, ask }),
    [openId, offline, meId, addressOf, open, ask],
  );
  useTableKeys({ items: people.items, openId, open });

  return (
    <PeopleContext value={context}>
      <UsersFrame
        present="people"
        summary={useSummary(people, filter)}
        action={
          <Button
            variant="primary"
            icon="plus"
            disabled={offline}
            aria-describedby={offline ? CONNECTION_BANNER_ID : undefined}
            onClick={() => setAdding(true)}
          >
            Add user
          </Button>
        }
      >
        <PeopleFilters filter={filter} groups={groups.data} onFilter={setFilter} />
        <Body people={people} narrowed={isNarrowed(filter)} onClear={() => setFilter({})} />
      </UsersFrame>
      {openId && <PersonDrawer key="drawer" id={openId} people={people.items} groups={groups.data} />}
      <Suspense>
        {adding && <AddDialog groups={groups.data ?? []} onClose={() => setAdding(false)} onShow={open} />}
        {asked && <PersonDialogs what={asked.what} person={asked.person} onClose={() => setAsked(null)} />}
      </Suspense>
    </PeopleContext>
  );
}

function Body({ people, narrowed, onClear }: { people: People; narrowed: boolean; onClear: () => void }) {
  const { query, items } = people;
  if (!items)
    return query.isError ? (
      <TableFailed
        what="The users could not be loaded"
        error={query.error}
        busy={query.isFetching}
        onRetry={() => void query.refetch()}
        onClear={onClear}
      />
    ) : (
      <TableSkeleton what="the users" columns={6} />
    );
  if (items.length === 0)
    return (
      <TableEmpty action={narrowed && <ClearFilters onClear={onClear} />}>
        {narrowed ? "Nobody matches." : "There is nobody yet."}
      </TableEmpty>
    );
  return <PeopleTable people={people} />;
}

/** "11 users, 7 here now": only when all of them are known. */
function useSummary({ query, items }: People, filter: PeopleFilter): string | null {
  const now = useNow();
  if (!items || query.hasNextPage || isNarrowed(filter)) return null;
  const here = items.filter((person) => isHere(person, now)).length;
  return `${many(items.length, "user")}, ${here} here now`;
}
