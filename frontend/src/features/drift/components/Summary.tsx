// How much agrees, and how much does not.
import { age } from "@/features/admin/words";
import type { DriftList } from "@/lib/api";
import { figure } from "@/lib/figures";
import { useNow } from "@/lib/time/ticker";
import styles from "./Summary.module.css";

export function Summary({ list: { matched, items } }: { list: DriftList }) {
  const now = useNow();
  const oldest = Math.min(...items.map((item) => Date.parse(item.since)));
  const leaked = items.filter((item) => item.kind === "port_lease_without_desktop").length;
  return (
    <section className={`card ${styles.summary}`} aria-label="Summary">
      <div>
        <b>{figure(matched.desktops)}</b>
        {matched.desktops === 1 ? "desktop matches its container" : "desktops match their container"}
      </div>
      <div>
        <b>{leaked > 0 ? `${figure(matched.ports)} of ${figure(matched.ports + leaked)}` : figure(matched.ports)}</b>
        {matched.ports + leaked === 1 ? "port lease in use" : "port leases in use"}
      </div>
      <div>
        <b className={styles.warn}>{figure(items.length)}</b>
        {items.length === 1 ? "difference, for" : "differences, oldest"} {age(now - oldest)}
      </div>
    </section>
  );
}
