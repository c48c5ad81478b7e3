// A menu that opens from a button. What draws it is a good part of the page's size, so it is loaded with the first sign
// that somebody is there, after all that the page itself needs; until a menu is first opened there is just its button.
import { cloneElement, useEffect, useState, type KeyboardEvent, type ReactElement, type ReactNode } from "react";
import type { IconName } from "./icons";
import type * as MenuViews from "./MenuView";

export interface MenuProps {
  /** The button that opens it; it must take a ref and pass on props. */
  trigger: ReactElement<TriggerProps>;
  children: ReactNode;
  align?: "start" | "end" | "center";
  side?: "top" | "bottom";
  onOpenChange?: (open: boolean) => void;
  /** Dark in both themes, for the bar over a desktop's picture. */
  dark?: boolean;
  container?: HTMLElement | null;
}

interface TriggerProps {
  "aria-haspopup"?: "menu";
  "aria-expanded"?: boolean;
  onClick?: () => void;
  onKeyDown?: (event: KeyboardEvent) => void;
}

export interface MenuItemProps {
  onSelect: (event: Event) => void;
  icon?: IconName;
  danger?: boolean;
  disabled?: boolean;
  children: ReactNode;
}

export interface MenuChoiceProps<T extends string> {
  label: string;
  value: T;
  onChange: (value: T) => void;
  options: { value: T; label: string; icon?: IconName }[];
}

type Views = typeof MenuViews;

let views: Views | null = null;
let loading: Promise<Views> | null = null;

function load(): Promise<Views> {
  loading ??= import("./MenuView").then(
    (loaded) => (views = loaded),
    (error: unknown) => {
      loading = null;
      throw error;
    },
  );
  return loading;
}

const SIGNS = ["pointermove", "pointerdown", "keydown"];

let awaited = false;

function loadWhenSomebodyIsThere() {
  if (awaited) return;
  awaited = true;
  const come = () => {
    for (const sign of SIGNS) removeEventListener(sign, come);
    // A failure is met again by the first press.
    void load().catch(() => undefined);
  };
  for (const sign of SIGNS) addEventListener(sign, come, { passive: true });
}

export function Menu(props: MenuProps) {
  const [opened, setOpened] = useState(false);
  useEffect(loadWhenSomebodyIsThere, []);

  function open() {
    void load().then(() => {
      setOpened(true);
      props.onOpenChange?.(true);
    });
  }

  if (opened && views) return <views.MenuView {...props} />;
  return cloneElement(props.trigger, {
    "aria-haspopup": "menu",
    "aria-expanded": false,
    onClick: open,
    onKeyDown: (event) => {
      if (event.key !== "ArrowDown") return;
      event.preventDefault();
      open();
    },
  });
}

// What stands in a menu is rendered only once the menu is there.

export function MenuItem(props: MenuItemProps) {
  return views && <views.ItemView {...props} />;
}

/** One of a few, with a tick at the present one. */
export function MenuChoice<T extends string>(props: MenuChoiceProps<T>) {
  return views && <views.ChoiceView {...props} />;
}

export function MenuHeading(props: { children: ReactNode }) {
  return views && <views.HeadingView {...props} />;
}

export function MenuRule() {
  return views && <views.RuleView />;
}
