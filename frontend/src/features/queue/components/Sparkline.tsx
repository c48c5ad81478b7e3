// A small chart: one line over the last half hour, with the numbers in its label. Missing minutes leave a gap.
import styles from "./Sparkline.module.css";

const WIDTH = 160;
const HEIGHT = 36;
/** Room for the line's own thickness at top and bottom. */
const PAD = 2;

interface SparklineProps {
  values: (number | null)[];
  label: string;
  /** Waiting has a colour of its own. */
  tone?: "accent" | "wait";
  /** A dashed line at this value. */
  mark?: number;
}

export function Sparkline({ values, label, tone = "accent", mark }: SparklineProps) {
  const known = values.filter((value) => value !== null);
  const top = Math.max(...known, mark === undefined ? 0 : mark * 1.15, 1);
  const x = (index: number) => round((index / Math.max(1, values.length - 1)) * WIDTH);
  const y = (value: number) => round(HEIGHT - PAD - (value / top) * (HEIGHT - 2 * PAD));
  return (
    <svg
      className={`${styles.spark} ${styles[tone]}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {runs(values).map((run) => {
        const points = run.map(({ index, value }) => `${x(index)},${y(value)}`).join(" ");
        const [from, to] = [x(run[0]?.index ?? 0), x(run.at(-1)?.index ?? 0)];
        return (
          <g key={from}>
            <path className={styles.area} d={`M${points} L${to},${HEIGHT} L${from},${HEIGHT}Z`} />
            {run.length > 1 ? (
              <path className={styles.line} d={`M${points}`} />
            ) : (
              <path className={`${styles.line} ${styles.dot}`} d={`M${points} h0.01`} />
            )}
          </g>
        );
      })}
      {mark !== undefined && <path className={styles.mark} d={`M0,${y(mark)} H${WIDTH}`} />}
    </svg>
  );
}

interface Point {
  index: number;
  value: number;
}

/** Stretches without a gap. */
export function runs(values: (number | null)[]): Point[][] {
  const found: Point[][] = [];
  values.forEach((value, index) => {
    if (value === null) return;
    const present = found.at(-1);
    if (present?.at(-1)?.index === index - 1) present.push({ index, value });
    else found.push([{ index, value }]);
  });
  return found;
}

function round(n: number): number {
  return Math.round(n * 10) / 10;
}
