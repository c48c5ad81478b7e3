// The account: its page, shortcuts, signing out here or everywhere.
import { lazy, Suspense, useMemo, useState } from "react";
import { Icon } from "@/components/ui/Icon";
import { Menu, MenuHeading, MenuItem, MenuRule } from "@/components/ui/Menu";
import { initials, shownName, useMe } from "@/features/session/api";
import { useSignOut } from "@/features/session/useSignOut";
import { navigate, paths } from "@/lib/router";
import { setShortcutsOn, useShortcuts, useShortcutsOn } from "@/lib/shortcuts";
import styles from "./AccountMenu.module.css";

const ShortcutsDialog = lazy(() => import("./ShortcutsDialog").then((m) => ({ default: m.ShortcutsDialog })));

export function AccountMenu() {
  const me = useMe();
  const [shortcuts, setShortcuts] = useState(false);
  const shortcutsOn = useShortcutsOn();
  const { signOut } = useSignOut();
  useShortcuts(useMemo(() => ({ "?": () => setShortcuts(true) }), []));
  return (
    <>
      <Menu
        trigger={
          <button type="button" className={styles.who} aria-label={`Account: ${shownName(me)}`}>
            <span className={styles.avatar}>{initials(me)}</span>
            <span className={styles.name}>{shownName(me)}</span>
            <Icon name="down" className={styles.arrow} />
          </button>
        }
      >
        <MenuHeading>Signed in as {me.username}</MenuHeading>
        <MenuItem icon="user" onSelect={() => navigate(paths.account)}>
          Your account
        </MenuItem>
        <MenuItem icon="keys" onSelect={() => setShortcuts(true)}>
          Keyboard shortcuts
        </MenuItem>
        <MenuItem icon={shortcutsOn ? "check" : "x"} onSelect={() => setShortcutsOn(!shortcutsOn)}>
          {shortcutsOn ? "Shortcuts are on" : "Shortcuts are off"}
        </MenuItem>
        <MenuRule />
        <MenuItem icon="left" onSelect={() => signOut("here")}>
          Sign out
        </MenuItem>
        <MenuItem icon="users" onSelect={() => signOut("everywhere")}>
          Sign out everywhere
        </MenuItem>
      </Menu>
      <Suspense>{shortcuts && <ShortcutsDialog onClose={() => setShortcuts(false)} />}</Suspense>
    </>
  );
}
