// The bar at the top: the mark, where one can go, how the page is connected, the theme, the account.
import { Mark } from "@/components/ui/Mark";
import { Link, paths, useLocation } from "@/lib/router";
import { AccountMenu } from "./AccountMenu";
import { ConnectionSign } from "./ConnectionSign";
import { ThemeMenu } from "./ThemeMenu";
import styles from "./TopBar.module.css";

export function TopBar() {
  const [path] = useLocation();
  return (
    <header className={styles.top}>
      <Link to={paths.home} className={styles.brand} aria-label="Berth, home">
        <Mark />
      </Link>
      <nav className={styles.nav} aria-label="Main">
        <Link to={paths.home} aria-current={path === paths.home ? "page" : undefined}>
          Desktops
        </Link>
      </nav>
      <div className={styles.end}>
        <ConnectionSign />
        <ThemeMenu />
        <AccountMenu />
      </div>
    </header>
  );
}
