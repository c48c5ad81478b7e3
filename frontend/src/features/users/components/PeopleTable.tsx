// The people as a table: who, what they may have and have, when they were last here.
import { Cell, DataTable, type Column } from "@/components/ui/DataTable";
import { MoreRows } from "@/components/ui/MoreRows";
import { Slots } from "@/components/ui/Slots";
import { StatusPill } from "@/components/ui/StatusPill";
import { figure } from "@/lib/figures";
import { Link } from "@/lib/router";
import { useNow } from "@/lib/time/ticker";
import { exact } from "@/lib/time/words";
import type { AdminUser, People } from "../api";
import { usePeopleContext } from "../PeopleContext";
import { isHere, lastSeen, limitsFrom, mark, personName, ROLE, SOURCE, startsToday } from "../words";
import { Avatar } from "./Avatar";
import { PersonMenu } from "./PersonMenu";
import styles from "./PeopleTable.module.css";

/** Above this many the figures say it better. */
const DRAWN = 8;

const COLUMNS: Column[] = [
  { head: "Name" },
  { head: "Role" },
  { head: "Group", mid: true },
  { head: "Desktops" },
  { head: "Starts today", figure: true, mid: true },
  { head: "Limits", mid: true },
  { head: "Last seen" },
  { head: "Actions", quiet: true },
];

export function PeopleTable({ people: { query, items = [] } }: { people: People }) {
  const { openId, offline } = usePeopleContext();
  return (
    <>
      <DataTable
        label="Users"
        items={items}
        columns={COLUMNS}
        name={(person) => `${personName(person)}, ${ROLE[person.role].word}`}
        openId={openId}
        rowPx={49}
        className={styles.table}
        cells={(person) => <Cells person={person} />}
      />
      <MoreRows query={query} offline={offline}>
        {figure(items.length)} shown
      </MoreRows>
    </>
  );
}

function Cells({ person }: { person: AdminUser }) {
  const { openId, addressOf } = usePeopleContext();
  const name = personName(person);
  const look = mark(person);
  const from = limitsFrom(person);
  const { limit, used } = person.desktops;
  return (
    <>
      <Cell className={styles.name}>
        <span className={styles.person}>
          <Avatar name={name} />
          <span>
            <Link to={addressOf(person.id)} replace={openId !== null} aria-current={openId === person.id || undefined}>
              {name}
            </Link>
            <small>{person.username}</small>
          </span>
        </span>
      </Cell>
      <Cell className={styles.role}>
        <span className={person.role === "user" ? undefined : styles.special}>{ROLE[person.role].word}</span>{" "}
        {look && (
          <StatusPill tone={look.tone} icon={look.icon} spin={look.spin}>
            {look.word}
          </StatusPill>
        )}
      </Cell>
      <Cell mid>{person.group?.name ?? <span className={styles.quiet}>–</span>}</Cell>
      <Cell className={styles.desktops}>
        {limit <= DRAWN && <Slots filled={used} total={limit} label={`${used} of ${limit} desktops`} />}
        <span className={styles.count} aria-hidden={limit <= DRAWN || undefined}>
          {figure(used)} of {figure(limit)}
        </span>
        {used >= limit && limit > 0 && <span className={styles.full}>full</span>}
      </Cell>
      <Cell figure mid>
        {startsToday(person)}
      </Cell>
      <Cell mid className={from === "own" ? styles.special : styles.quiet}>
        {SOURCE[from]}
      </Cell>
      <Seen person={person} />
      <Cell className={styles.actions}>
        <PersonMenu person={person} />
      </Cell>
    </>
  );
}

function Seen({ person }: { person: AdminUser }) {
  const now = useNow();
  const at = person.last_seen_at === null ? undefined : exact(Date.parse(person.last_seen_at));
  return (
    <Cell className={styles.seen} title={at}>
      <span className={isHere(person, now) ? styles.here : undefined}>{lastSeen(person, now)}</span>
    </Cell>
  );
}
