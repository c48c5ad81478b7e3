// The bar at the top: the mark, where one can go, how the page is connected, the theme, the account.
import { lazy, Suspense } from "react";
import { Mark } from "@/components/ui/Mark";
import { useMe } from "@/features/session/api";
import { Link, paths, useLocation } from "@/lib/router";
import { AccountMenu } from "./AccountMenu";
import { ConnectionSign } from "./ConnectionSign";
import { ThemeMenu } from "./ThemeMenu";
import styles from "./TopBar.module.css";

const AdminNav = lazy(() => import("./AdminNav").then((m) => ({ default: m.AdminNav })));

export function TopBar() {
  const [path] = useLocation();
  const plain = (
    <nav className={styles.nav} aria-label="Main">
      <Link to={paths.home} aria-current={path === paths.home ? "page" : undefined}>
        Desktops
      </Link>
    </nav>
  );
  return (
    <header className={styles.top}>
      <Link to={paths.home} className={styles.brand} aria-label="Berth, home">
        <Mark />
      </Link>
      {useMe().role === "user" ? (
        plain
      ) : (
        <Suspense fallback={plain}>
          <AdminNav />
        </Suspense>
      )}
      <div className={styles.end}>
        <ConnectionSign />
        <ThemeMenu />
        <AccountMenu />
      </div>
    </header>
  );
}
