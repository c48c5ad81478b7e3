// Where administrators and operators can go, with what waits and what differs; below 760 px a bar at the bottom.
// Loaded for them only. `g d`, `g q`, `g r`, `g o`, and for administrators `g u` and `g t`, lead to the same places.
import { Icon, type IconName } from "@/components/ui/Icon";
import { useAdminQueue, waiting } from "@/features/admin/useAdminQueue";
import { useMe } from "@/features/session/api";
import { useChords } from "@/lib/chords";
import { figure } from "@/lib/figures";
import { Link, navigate, paths, useLocation } from "@/lib/router";
import styles from "./AdminNav.module.css";

const PLACES = {
  d: () => navigate(paths.home),
  q: () => navigate(paths.queue),
  r: () => navigate(paths.drift),
  o: () => navigate(paths.operations),
};
const ALL_PLACES = { ...PLACES, u: () => navigate(paths.users), t: () => navigate(paths.templates) };

export function AdminNav() {
  const { data } = useAdminQueue();
  const all = useMe().role === "admin";
  useChords("g", all ? ALL_PLACES : PLACES);
  const waits = data ? waiting(data) : 0;
  const differs = data?.drift ?? 0;
  return (
    <nav className={styles.nav} aria-label="Main">
      <Place to={paths.home} icon="desk" name="Desktops" />
      <span className={styles.rule} />
      <Place to={paths.queue} icon="queue" name="Queue" n={waits} says="waiting" />
      <Place
        to={paths.drift}
        icon="drift"
        name="Drift"
        n={differs}
        says={differs === 1 ? "difference" : "differences"}
        warn
      />
      <Place to={paths.operations} icon="gauge" name="Operations" />
      {all && (
        <>
          <Place to={paths.users} icon="users" name="Users" under />
          <Place to={paths.templates} icon="box" name="Templates" />
        </>
      )}
    </nav>
  );
}

interface PlaceProps {
  to: string;
  icon: IconName;
  name: string;
  n?: number;
  /** What the number counts, for those who listen. */
  says?: string;
  warn?: boolean;
  /** Pages below it belong to it. */
  under?: boolean;
}

function Place({ to, icon, name, n = 0, says, warn, under }: PlaceProps) {
  const [path] = useLocation();
  const here = path === to || (under && path.startsWith(`${to}/`));
  return (
    <Link to={to} aria-current={here ? "page" : undefined}>
      <Icon name={icon} />
      {name}{" "}
      {n > 0 && (
        <span className={warn ? `${styles.badge} ${styles.warn}` : styles.badge}>
          {n > 999 ? "999+" : figure(n)} <span className="sr">{says}</span>
        </span>
      )}
    </Link>
  );
}
