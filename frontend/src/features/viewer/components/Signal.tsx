// How good the connection is: bars, the measured milliseconds, and in its title what was measured.
import type { Line } from "../connection";
import { strength } from "../latency";
import styles from "./Signal.module.css";

interface SignalProps {
  line: Line;
  ms: number | null;
}

export function SignalBars({ line, ms }: SignalProps) {
  const { bars, word } = strength(line === "live" ? ms : null);
  return (
    <span className={`${styles.bars} ${styles[word]}`} aria-hidden="true">
      {[1, 2, 3, 4].map((bar) => (
        <i key={bar} className={bar <= bars ? styles.on : undefined} />
      ))}
    </span>
  );
}

export function Signal({ line, ms }: SignalProps) {
  const connected = line === "live";
  const rounded = ms === null ? null : Math.max(1, Math.round(ms));
  return (
    <span className={styles.signal} title={title(connected, rounded)} data-testid="signal">
      <SignalBars line={line} ms={ms} />
      <span className="sr">{spoken(connected, rounded, strength(ms).word)}</span>
      <span aria-hidden="true" className={connected ? styles.ms : styles.lost}>
        {connected ? (rounded === null ? "– ms" : `${rounded} ms`) : "No connection"}
      </span>
    </span>
  );
}

function title(connected: boolean, ms: number | null): string {
  if (!connected) return "Not connected to the desktop";
  if (ms === null) return "Measuring how long the desktop’s screen takes to answer";
  return `${ms} ms from here to the desktop’s screen and back, measured every 5 s`;
}

function spoken(connected: boolean, ms: number | null, word: string): string {
  if (!connected) return "Connection: none";
  return ms === null
    ? "Connection: being measured"
    : `Connection: ${word}, ${ms} ${ms === 1 ? "millisecond" : "milliseconds"}`;
}
