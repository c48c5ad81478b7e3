// Nothing to do: every slot has its hull. The numbers, and the last and the next comparison.
import { age, ago, moment } from "@/features/admin/words";
import type { DriftList } from "@/lib/api";
import { many } from "@/lib/figures";
import { useNow } from "@/lib/time/ticker";
import styles from "./Agree.module.css";

const HULL = "c6 6 9 13 9 20v30a4 4 0 0 1-4 4h-10a4 4 0 0 1-4-4V36c0-7 3-14 9-20Z";

export function Agree({ list }: { list: DriftList }) {
  return (
    <section className={`card ${styles.agree}`}>
      <svg viewBox="0 0 148 92" fill="none" aria-hidden="true">
        <path
          stroke="var(--control)"
          strokeWidth="2.5"
          strokeLinecap="round"
          d="M6 8v64a10 10 0 0 0 10 10h116a10 10 0 0 0 10-10V8M51 20v62M97 20v62"
        />
        <path fill="var(--accent)" d={`M28.5 16${HULL}M74 16${HULL}M119.5 16${HULL}`} />
      </svg>
      <h2>Records and engine agree</h2>
      <p>
        {many(list.matched.desktops, "desktop with its container", "desktops with their containers")},{" "}
        {many(list.matched.ports, "port")}. <When list={list} />
      </p>
    </section>
  );
}

function When({ list: { compared_at, next_compare_at, nodes } }: { list: DriftList }) {
  const now = useNow();
  if (!compared_at) return nodes.length === 0 ? "Nothing was compared yet: no worker is running." : "Not compared yet.";
  const at = Date.parse(compared_at);
  const next = next_compare_at ? Date.parse(next_compare_at) : null;
  const then = next === null ? "" : next > now ? `, again in ${age(next - now + 999)}` : ", again now";
  return (
    <span>
      Compared <span title={moment(at, now)}>{ago(now - at)}</span>
      {then}.
    </span>
  );
}
