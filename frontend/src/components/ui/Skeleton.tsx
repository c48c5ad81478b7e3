// A grey shape where something will stand.
import styles from "./Skeleton.module.css";

export function Skeleton({ width, height, className }: { width?: string; height?: string; className?: string }) {
  return <span className={`${styles.shape} ${className ?? ""}`} style={{ width, height }} />;
}
