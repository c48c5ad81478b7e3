// Drawings that only the viewer has: two bar icons in the set's style, and the parted rope.
import type { ReactNode } from "react";
import styles from "./Bar.module.css";

function Drawing({ children }: { children: ReactNode }) {
  return (
    <svg className={styles.drawing} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

/** A keyboard that comes up. */
export const TYPE_ICON = (
  <Drawing>
    <rect x="1.5" y="7" width="13" height="7" rx="1.3" />
    <path d="M4 9.4h.05M6.7 9.4h.05M9.3 9.4h.05M12 9.4h.05M5 11.8h6M5.6 4.4 8 2l2.4 2.4" />
  </Drawing>
);

/** Four ways. */
export const MOVE_ICON = (
  <Drawing>
    <path d="M8 1.8v12.4M1.8 8h12.4M6.2 3.4 8 1.6l1.8 1.8M6.2 12.6 8 14.4l1.8-1.8M3.4 6.2 1.6 8l1.8 1.8M12.6 6.2 14.4 8l-1.8 1.8" />
  </Drawing>
);

export function PartedRope({ className }: { className?: string }) {
  return (
    <svg className={className} viewBox="0 0 128 34" fill="none" aria-hidden="true" focusable="false">
      <g stroke="var(--control)" strokeWidth="2.5" strokeLinecap="round">
        <path d="M8 8v18M2 26h12M120 8v18M114 26h12" />
        <path d="M8 11c16 16 30 18 44 15" />
        <path d="M120 11c-16 16-30 18-44 15" />
      </g>
      <circle cx="64" cy="25" r="3" fill="var(--buoy)" />
    </svg>
  );
}
