// More than eight desktops: one line each, with tabs, a search, and fifty at a time. What is chosen stands in the
// address. Below 760 px each line becomes a small card.
import { useState } from "react";
import { Button } from "@/components/ui/Button";
import { Icon } from "@/components/ui/Icon";
import type { Desktop } from "@/lib/api";
import { figure } from "@/lib/figures";
import { Link, navigate, paths, useSearch, withSearch } from "@/lib/router";
import { useDesktopsContext } from "../DesktopsContext";
import { FILTERS, filtered, searched, type Filter } from "../filters";
import styles from "./DesktopTable.module.css";
import { DesktopTableRow } from "./DesktopTableRow";

const PAGE = 50;

export function DesktopTable({ desktops }: { desktops: Desktop[] }) {
  const { templates } = useDesktopsContext();
  const search = new URLSearchParams(useSearch());
  const query = search.get("q") ?? "";
  const [shown, setShown] = useState(PAGE);
  const filter: Filter = FILTERS.find(({ name }) => name === search.get("status"))?.name ?? "all";
  const found = searched(desktops, query, templates);
  const rows = filtered(found, filter);

  const address = (status: Filter, q: string) =>
    withSearch(paths.home, { status: status === "all" ? undefined : status, q });

  return (
    <section className={`card ${styles.list}`} aria-label="Your desktops">
      <nav className={styles.tabs} aria-label="Status">
        {FILTERS.map(({ name, word }) => {
          const n = filtered(found, name).length;
          const alarming = name === "failed" && n > 0;
          return (
            <Link key={name} to={address(name, query)} aria-current={name === filter ? "true" : undefined} replace>
              {word} <span className={alarming ? styles.bad : styles.count}>{figure(n)}</span>
            </Link>
          );
        })}
      </nav>
      <div className={styles.filters}>
        <div className={styles.search}>
          <Icon name="search" />
          <input
            type="search"
            aria-label="Search your desktops"
            placeholder="Name or template"
            data-search
            defaultValue={query}
            onChange={(event) => navigate(address(filter, event.target.value.trim()), { replace: true })}
          />
          <kbd>/</kbd>
        </div>
      </div>
      {rows.length === 0 ? (
        <div className={styles.none}>
          <p>No desktop matches.</p>
          <Button
            size="sm"
            onClick={() => {
              const field = document.querySelector<HTMLInputElement>("[data-search]");
              if (field) field.value = "";
              navigate(paths.home, { replace: true });
            }}
          >
            Clear the filters
          </Button>
        </div>
      ) : (
        <table className={styles.table} role="table">
          <thead>
            <tr role="row">
              <th scope="col">Status</th>
              <th scope="col">Name</th>
              <th scope="col" className={styles.mid}>
                Template
              </th>
              <th scope="col">What is going on</th>
              <th scope="col">
                <span className="sr">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody role="rowgroup">
            {rows.slice(0, shown).map((desktop) => (
              <DesktopTableRow key={desktop.id} desktop={desktop} />
            ))}
          </tbody>
        </table>
      )}
      {rows.length > 0 && (
        <div className={styles.more}>
          <span>
            {rows.length > shown ? `${figure(shown)} of ${figure(rows.length)} shown` : `${figure(rows.length)} shown`},
            most recent first
          </span>
          {rows.length > shown && (
            <Button size="sm" onClick={() => setShown(shown + PAGE)}>
              Show {Math.min(PAGE, rows.length - shown)} more
            </Button>
          )}
        </div>
      )}
    </section>
  );
}
