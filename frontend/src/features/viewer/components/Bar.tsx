// The bar over the desktop's picture: everything that is not the desktop itself, in the guide's order.
// Arrow keys move along it, Esc gives the keys back to the desktop.
import type { KeyboardEvent, ReactNode, Ref } from "react";
import { Icon } from "@/components/ui/Icon";
import { Link, paths } from "@/lib/router";
import type { Line } from "../connection";
import styles from "./Bar.module.css";
import { BarButton } from "./BarButton";
import { MOVE_ICON, TYPE_ICON } from "./drawings";
import { Signal } from "./Signal";

export interface BarProps {
  shown: boolean;
  name: string;
  line: Line;
  ms: number | null;
  clipboard: { open: boolean; toggle: () => void };
  /** Only while the picture is larger than the window. */
  moving: { on: boolean; toggle: () => void } | null;
  fullScreen: { on: boolean; possible: boolean; toggle: () => void };
  /** Brings up the on-screen keyboard. */
  onType: () => void;
  /** Absent when it does not run. */
  onStop: (() => void) | undefined;
  onEscape: () => void;
  /** Focus or pointer has left. */
  onLeft: () => void;
  /** Keys, size and quality. */
  menus: { keys: ReactNode; size: ReactNode; quality: ReactNode };
}

export function Bar({ ref, ...props }: BarProps & { ref: Ref<HTMLDivElement> }) {
  const { shown, name, line, ms, clipboard, moving, fullScreen, menus } = props;
  return (
    <div
      ref={ref}
      className={shown ? styles.bar : `${styles.bar} ${styles.away}`}
      role="toolbar"
      tabIndex={-1}
      aria-label="Desktop controls"
      data-testid="viewer-bar"
      onKeyDown={(event) => onKey(event, props.onEscape)}
      onBlur={props.onLeft}
    >
      <Link to={paths.home} className={styles.control} aria-label="Back to your desktops" title="Back to your desktops">
        <Icon name="left" />
      </Link>
      <span className={styles.name} title={name}>
        {name}
      </span>
      {line !== "none" && (
        <>
          <Signal line={line} ms={ms} />
          <span className={styles.rule} />
          <BarButton
            icon="clip"
            aria-label="Clipboard"
            aria-expanded={clipboard.open}
            aria-haspopup="dialog"
            onClick={clipboard.toggle}
          />
          <BarButton icon={TYPE_ICON} aria-label="On-screen keyboard" data-touch="" onClick={props.onType} />
          {menus.keys}
          {menus.size}
          {moving && (
            <BarButton
              icon={MOVE_ICON}
              aria-label="Move the picture"
              aria-pressed={moving.on}
              onClick={moving.toggle}
            />
          )}
          {menus.quality}
          {fullScreen.possible && (
            <BarButton
              icon="full"
              secondary
              aria-label={fullScreen.on ? "Leave full screen" : "Full screen"}
              aria-pressed={fullScreen.on}
              onClick={fullScreen.toggle}
            />
          )}
        </>
      )}
      {props.onStop && (
        <>
          <span className={styles.rule} />
          <BarButton icon="stop" word="Stop" stop aria-label="Stop this desktop" onClick={props.onStop} />
        </>
      )}
    </div>
  );
}

function onKey(event: KeyboardEvent<HTMLDivElement>, onEscape: () => void): void {
  // Menus and dialogs that belong to the bar stand elsewhere in the page; their keys are their own.
  if (event.defaultPrevented || !(event.target instanceof Node) || !event.currentTarget.contains(event.target)) return;
  if (event.key === "Escape") {
    event.preventDefault();
    onEscape();
    return;
  }
  const controls = [...event.currentTarget.querySelectorAll<HTMLElement>("a, button")].filter(
    (control) => control.offsetParent !== null,
  );
  const next = nextIndex(event.key, controls.indexOf(document.activeElement as HTMLElement), controls.length);
  if (next === null) return;
  event.preventDefault();
  controls[next]?.focus();
}

function nextIndex(key: string, at: number, count: number): number | null {
  switch (key) {
    case "ArrowRight":
      return (at + 1) % count;
    case "ArrowLeft":
      return (at - 1 + count) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}
