// Which rows of a long list are drawn: all of them up to two hundred, from there on those in and around the window.
// The row that has the focus stays drawn, wherever one scrolls.
import { defaultRangeExtractor, useWindowVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState } from "react";

const DRAWN = 200;
const ROW_PX = 38;

/** `rowPx`: how tall a row is before it is measured. */
export function useVisibleRows<T extends { id: string }>(items: T[], rowPx = ROW_PX) {
  "use no memo";
  const table = useRef<HTMLTableElement>(null);
  const [scrollMargin, setScrollMargin] = useState(0);
  const enabled = items.length >= DRAWN;
  // Banners and the bulk bar above come and go, and the page's height with them.
  useLayoutEffect(() => {
    if (!enabled) return;
    const measure = () => {
      const top = table.current?.tBodies[0]?.getBoundingClientRect().top;
      if (top !== undefined) setScrollMargin(Math.round(top + window.scrollY));
    };
    measure();
    const resized = new ResizeObserver(measure);
    resized.observe(document.body);
    return () => resized.disconnect();
  }, [enabled]);
  const virtual = useWindowVirtualizer({
    count: items.length,
    enabled,
    estimateSize: () => rowPx,
    getItemKey: (index) => items[index]?.id ?? index,
    overscan: 12,
    scrollMargin,
    rangeExtractor: (range) => {
      const shown = defaultRangeExtractor(range);
      const row = document.activeElement?.closest<HTMLElement>("[data-row]")?.dataset.index;
      const focused = row === undefined ? -1 : Number(row);
      if (focused < 0 || focused >= range.count || shown.includes(focused)) return shown;
      return [...shown, focused].sort((a, b) => a - b);
    },
  });
  if (!enabled) return { table, rows: items.map((item, index) => ({ item, index })), before: 0, after: 0 };
  const drawn = virtual.getVirtualItems();
  return {
    table,
    rows: drawn.flatMap(({ index }) => (items[index] ? [{ item: items[index], index }] : [])),
    before: Math.max(0, (drawn[0]?.start ?? scrollMargin) - scrollMargin),
    after: Math.max(0, virtual.getTotalSize() - ((drawn.at(-1)?.end ?? scrollMargin) - scrollMargin)),
    measure: virtual.measureElement,
  };
}
