// What stays of the bar while it makes room: the signal and the name. A press brings the bar back.
import type { Line } from "../connection";
import styles from "./Bar.module.css";
import { SignalBars } from "./Signal";

interface TabProps {
  name: string;
  line: Line;
  ms: number | null;
  onShow: () => void;
}

export function Tab({ name, line, ms, onShow }: TabProps) {
  return (
    <button
      type="button"
      className={styles.tab}
      aria-label="Show the controls"
      data-testid="viewer-tab"
      onClick={onShow}
    >
      <SignalBars line={line} ms={ms} />
      <span className={styles.tabName}>{name}</span>
    </button>
  );
}
