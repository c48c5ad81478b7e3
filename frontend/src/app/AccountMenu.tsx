// The account: password, shortcuts, signing out here or everywhere.
import { lazy, Suspense, useMemo, useState } from "react";
import { Icon } from "@/components/ui/Icon";
import { Menu, MenuHeading, MenuItem, MenuRule } from "@/components/ui/Menu";
import { toast } from "@/components/ui/Toast";
import { initials, shownName, useLogout, useMe } from "@/features/session/api";
import { queryClient, rememberExpiry } from "@/lib/api";
import { navigate, paths } from "@/lib/router";
import { setShortcutsOn, useShortcuts, useShortcutsOn } from "@/lib/shortcuts";
import styles from "./AccountMenu.module.css";

const ChangePasswordDialog = lazy(() =>
  import("@/features/session/components/ChangePasswordDialog").then((m) => ({ default: m.ChangePasswordDialog })),
);
const ShortcutsDialog = lazy(() => import("./ShortcutsDialog").then((m) => ({ default: m.ShortcutsDialog })));

type Open = "password" | "shortcuts" | null;

export function AccountMenu() {
  const me = useMe();
  const [open, setOpen] = useState<Open>(null);
  const shortcutsOn = useShortcutsOn();
  const signOut = useSignOut();
  useShortcuts(useMemo(() => ({ "?": () => setOpen("shortcuts") }), []));
  const close = () => setOpen(null);
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
        <MenuItem icon="user" onSelect={() => setOpen("password")}>
          Change your password
        </MenuItem>
        <MenuItem icon="keys" onSelect={() => setOpen("shortcuts")}>
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
      <Suspense>
        {open === "password" && <ChangePasswordDialog onClose={close} />}
        {open === "shortcuts" && <ShortcutsDialog onClose={close} />}
      </Suspense>
    </>
  );
}

function useSignOut() {
  const logout = useLogout();
  return (where: "here" | "everywhere") =>
    logout.mutate(where, {
      onSuccess: () => {
        rememberExpiry(null);
        navigate(paths.signIn);
        setTimeout(() => queryClient.clear());
      },
      onError: () => toast("You are still signed in: Berth did not answer. Try again in a moment."),
    });
}
