// Three berths and a hull on its way in: the empty page's drawing.
import styles from "./EmptyHome.module.css";

const GHOSTS = [
  "M33 26c7 7 11 15 11 24v28a4 4 0 0 1-4 4H26a4 4 0 0 1-4-4V50c0-9 4-17 11-24Z",
  "M135 26c7 7 11 15 11 24v28a4 4 0 0 1-4 4h-14a4 4 0 0 1-4-4V50c0-9 4-17 11-24Z",
];

export function EmptyDrawing() {
  return (
    <svg className={styles.drawing} viewBox="0 0 168 104" fill="none" aria-hidden="true">
      <g stroke="var(--control)" strokeWidth="2.5" strokeLinecap="round">
        <path d="M8 10v72a10 10 0 0 0 10 10h132a10 10 0 0 0 10-10V10" />
        <path d="M58 22v70M110 22v70" />
      </g>
      {GHOSTS.map((path) => (
        <path key={path} d={path} stroke="var(--line-2)" strokeWidth="2" strokeDasharray="4 5" />
      ))}
      <path d="M84 4c7 7 11 15 11 24v28a4 4 0 0 1-4 4H77a4 4 0 0 1-4-4V28C73 19 77 11 84 4Z" fill="var(--buoy)" />
      <path
        d="M84 66v14m-5-5 5 5 5-5"
        stroke="var(--ink-3)"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
