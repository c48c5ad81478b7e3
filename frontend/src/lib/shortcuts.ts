// Single-key shortcuts. They stay quiet while somebody types, while a dialog or menu is open, with a modifier held,
// and when they are switched off in the account menu.
import { useEffect, useSyncExternalStore } from "react";

const KEY = "berth.shortcuts";
const listeners = new Set<() => void>();

function on(): boolean {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}

export function setShortcutsOn(next: boolean): void {
  try {
    if (next) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, "off");
  } catch {
    return;
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useShortcutsOn(): boolean {
  return useSyncExternalStore(subscribe, on);
}

export function busyElsewhere(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return true;
  const target = event.target instanceof HTMLElement ? event.target : null;
  if (target?.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable=true]"))
    return true;
  return document.querySelector("[role=dialog], [role=alertdialog], [role=menu]") !== null;
}

/** `keys` maps a key to what it does. Keep the object stable or small: it is read anew at every render. */
export function useShortcuts(keys: Record<string, (event: KeyboardEvent) => void>): void {
  const enabled = useShortcutsOn();
  useEffect(() => {
    if (!enabled) return;
    const press = (event: KeyboardEvent) => {
      const run = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
      if (run && !busyElsewhere(event)) run(event);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [enabled, keys]);
}
