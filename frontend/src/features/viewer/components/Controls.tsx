// The bar with its menus, panel and dialog, and the tab that stays when it makes room. Decides where the keys go:
// to the desktop, unless somebody is here.
import { useEffect, useRef, useState } from "react";
import { press, typeText, type Combination } from "../keys";
import type { Line } from "../connection";
import type { ViewerSession } from "../session";
import { useBar } from "../useBar";
import type { UseClipboard } from "../useClipboard";
import { useFullScreen } from "../useFullScreen";
import { useLeaveKeys } from "../useLeaveKeys";
import { useAtBottom } from "../useAtBottom";
import type { ViewerSettings } from "../useViewerSettings";
import { Bar } from "./Bar";
import { ClipboardPanel } from "./ClipboardPanel";
import { KeysMenu } from "./KeysMenu";
import { QualityMenu, SizeMenu } from "./PictureMenus";
import { StopDialog } from "./StopDialog";
import { Tab } from "./Tab";
import { TouchKeyboard } from "./TouchKeyboard";

interface ControlsProps {
  desktopId: string;
  name: string;
  session: ViewerSession | null;
  line: Line;
  ms: number | null;
  clipped: boolean;
  canStop: boolean;
  settings: ViewerSettings;
  clipboard: UseClipboard;
}

/** A closing menu gives the focus back to its button first; this is just after. */
const AFTER_MENU_MS = 50;

export function Controls({ session, line, ms, clipped, settings, clipboard, ...rest }: ControlsProps) {
  const { desktopId, name, canStop } = rest;
  const connected = line === "live";
  const bar = useRef<HTMLDivElement>(null);
  const keyboard = useRef<HTMLTextAreaElement>(null);
  const [menuOpen, setMenuOpen] = useState(false);
  const [panelOpen, setPanelOpen] = useState(false);
  const [stopOpen, setStopOpen] = useState(false);
  const [moving, setMoving] = useState(false);
  const fullScreen = useFullScreen();
  const side = useAtBottom() ? "top" : "bottom";
  const { shown, show, hide, leaveSoon } = useBar(bar, !connected || menuOpen || panelOpen || stopOpen);

  const move = moving && clipped;
  useEffect(() => session?.moving(move), [session, move]);

  const toDesktop = () => {
    hide();
    session?.focus();
  };
  const toDesktopSoon = () => setTimeout(() => session?.focus(), AFTER_MENU_MS);

  useLeaveKeys(connected, () => {
    session?.releaseKeys();
    show();
    // Only what is visible can take the focus, and the bar is that after the next drawing.
    requestAnimationFrame(() => bar.current?.querySelector<HTMLElement>("a, button")?.focus());
  });

  const closePanel = () => {
    setPanelOpen(false);
    session?.focus();
  };

  return (
    <>
      <Bar
        ref={bar}
        shown={shown}
        name={name}
        line={line}
        ms={ms}
        clipboard={{ open: panelOpen, toggle: () => (panelOpen ? closePanel() : setPanelOpen(true)) }}
        moving={clipped ? { on: move, toggle: () => setMoving(!move) } : null}
        fullScreen={{
          ...fullScreen,
          toggle: () => {
            fullScreen.toggle();
            session?.focus();
          },
        }}
        onType={() => keyboard.current?.focus()}
        onStop={canStop ? () => setStopOpen(true) : undefined}
        onEscape={toDesktop}
        onLeft={leaveSoon}
        menus={{
          keys: (
            <KeysMenu
              disabled={!connected}
              side={side}
              onOpenChange={setMenuOpen}
              onPress={(combination: Combination) => {
                if (session) press(session.sendKey, combination.keys);
                toDesktopSoon();
              }}
              onType={
                clipboard.text === ""
                  ? undefined
                  : () => {
                      if (session) typeText(session.sendKey, clipboard.text);
                      toDesktopSoon();
                    }
              }
            />
          ),
          size: (
            <SizeMenu
              value={settings.size}
              side={side}
              onOpenChange={setMenuOpen}
              onChange={(size) => {
                settings.setSize(size);
                toDesktopSoon();
              }}
            />
          ),
          quality: (
            <QualityMenu
              value={settings.quality}
              side={side}
              onOpenChange={setMenuOpen}
              onChange={(quality) => {
                settings.setQuality(quality);
                toDesktopSoon();
              }}
            />
          ),
        }}
      />
      {!shown && <Tab name={name} line={line} ms={ms} onShow={show} />}
      {session && <TouchKeyboard ref={keyboard} send={session.sendKey} />}
      {panelOpen && line !== "none" && (
        <ClipboardPanel
          text={clipboard.text}
          connected={connected}
          onChange={clipboard.give}
          onTakeHome={clipboard.takeHome}
          onClose={closePanel}
        />
      )}
      <StopDialog desktopId={desktopId} name={name} open={stopOpen} onClose={() => setStopOpen(false)} />
    </>
  );
}
