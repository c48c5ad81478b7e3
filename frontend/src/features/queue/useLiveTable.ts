// When and how the shown jobs are asked for again: those in sight, at most once a second, not while updates are held,
// and without moving rows while somebody points at, has chosen or reads one.
import { useCallback, useEffect, useRef, useState } from "react";
import type { JobList } from "./api";

/** Without any sign, now and then all the same: a job may change without its desktop. */
const SLOW_MS = 10_000;

export function useLiveTable(list: JobList, drawerOpen: boolean) {
  const [held, setHeld] = useState(false);
  const table = useRef<HTMLElement>(null);
  const pointed = useRef(false);
  const chosen = useRef(false);
  const { refresh: ask, begin, sizes } = list;

  const inUse = useCallback(() => {
    const body = table.current;
    if (!body) return false;
    const { activeElement } = document;
    return (
      pointed.current ||
      chosen.current ||
      drawerOpen ||
      (activeElement !== null && body.contains(activeElement)) ||
      // Scrolled into the rows: new ones above would push them down.
      body.getBoundingClientRect().top < 0
    );
  }, [drawerOpen]);

  const refresh = useCallback(() => {
    if (held || document.visibilityState === "hidden") return;
    void ask(pagesInSight(table.current, sizes), inUse());
  }, [held, ask, sizes, inUse]);

  useEffect(() => {
    const timer = setInterval(refresh, SLOW_MS);
    // Nothing was asked for while nobody could see it.
    document.addEventListener("visibilitychange", refresh);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", refresh);
    };
  }, [refresh]);

  return {
    held,
    hold: (on: boolean) => {
      setHeld(on);
      if (!on) void begin();
    },
    refresh,
    /** Of the element around the rows. */
    around: useCallback((element: HTMLElement | null) => {
      table.current = element;
    }, []),
    onPointerEnter: useCallback((event: React.PointerEvent) => {
      pointed.current = event.pointerType === "mouse";
    }, []),
    onPointerLeave: useCallback(() => {
      pointed.current = false;
    }, []),
    setChosen: useCallback((some: boolean) => {
      chosen.current = some;
    }, []),
  };
}

export type LiveTable = ReturnType<typeof useLiveTable>;

/** The first page, and the pages that have a row between the top and the bottom of the window. */
function pagesInSight(body: HTMLElement | null, sizes: number[]): number[] {
  const seen = new Set([0]);
  if (body) {
    const pageOf = (row: number) => {
      let rest = row;
      return sizes.findIndex((size) => (rest -= size) < 0);
    };
    for (const row of body.querySelectorAll<HTMLElement>("[data-row]")) {
      const { top, bottom } = row.getBoundingClientRect();
      const page = bottom > 0 && top < window.innerHeight ? pageOf(Number(row.dataset.index)) : -1;
      if (page >= 0) seen.add(page);
    }
  }
  return [...seen];
}
