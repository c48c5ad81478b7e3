// Why nothing can be started right now, and the way out of it. The same for what the limits foresee and for a
// refusal that arrives all the same.
import type { Desktop, DesktopStatus } from "@/lib/api";
import { many } from "@/lib/figures";
import { WINDOW_WORDS, type Obstacle } from "../allowance";
import { useDesktopsContext } from "../DesktopsContext";
import styles from "./ObstacleNote.module.css";

/** What one parts with most easily, first. */
const SPARE: Partial<Record<DesktopStatus, number>> = { failed: 0, stopped: 1 };

export function ObstacleNote({ obstacle, desktops }: { obstacle: Obstacle; desktops: Desktop[] }) {
  const { openDialog } = useDesktopsContext();
  if (obstacle.kind === "wait") return <p>That was a lot at once. The button comes back by itself.</p>;
  if (obstacle.kind === "window") {
    const { used, window } = obstacle.window;
    return (
      <p>
        You started {many(used, "desktop")} {WINDOW_WORDS[window].within}. The button comes back by itself.
      </p>
    );
  }
  const spare = desktops
    .filter((desktop) => desktop.status in SPARE)
    .sort((a, b) => (SPARE[b.status] ?? 0) - (SPARE[a.status] ?? 0))
    .slice(0, 3);
  const leaving = desktops.some((desktop) => desktop.status === "deleting");
  return (
    <p>
      {obstacle.limit > 1 ? `You have all ${obstacle.limit}.` : "You have all the desktops you may have."}{" "}
      {leaving ? (
        "One is being removed; then there is room again."
      ) : (
        <>
          <b>Delete one</b> you no longer need to make room
          {spare.length === 0 ? "." : ": "}
          {spare.map((desktop, index) => (
            <span key={desktop.id}>
              {index > 0 && ", "}
              <button type="button" className={styles.link} onClick={() => openDialog("delete", desktop)}>
                {desktop.name}
              </button>
            </span>
          ))}
          {spare.length > 0 && "."}
        </>
      )}
    </p>
  );
}
