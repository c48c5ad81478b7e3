// A QR code, drawn here: what it says never leaves the page. Dark on white in both themes, for the camera's sake.
import { useMemo } from "react";
import { encode } from "uqr";
import styles from "./QrCode.module.css";

/** The white around it that the standard asks for, in modules. */
const QUIET = 4;

export function QrCode({ text, label }: { text: string; label: string }) {
  const { size, path } = useMemo(() => drawn(text), [text]);
  return (
    <svg
      className={styles.code}
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <rect className={styles.paper} width={size} height={size} />
      <path className={styles.ink} d={path} />
    </svg>
  );
}

/** One path for all dark modules. */
function drawn(text: string): { size: number; path: string } {
  const { data } = encode(text, { ecc: "M", border: QUIET });
  const path = data
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")))
    .filter(Boolean)
    .join("");
  return { size: data.length, path };
}
