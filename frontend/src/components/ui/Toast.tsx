// Short news from elsewhere, bottom left, one at a time. Never for what the page already shows.
// `toast()` may be called from anywhere; `<Toaster/>` is rendered once and loads what it needs with the first news.
import { lazy, Suspense, useSyncExternalStore, type ReactNode } from "react";

export interface News {
  id: number;
  text: ReactNode;
  action?: { label: string; onPress: () => void };
}

const ToastView = lazy(() => import("./ToastView").then((m) => ({ default: m.ToastView })));

let current: News | null = null;
let count = 0;
const listeners = new Set<() => void>();

function set(news: News | null) {
  current = news;
  for (const listener of listeners) listener();
}

/** Shows one piece of news; a newer one takes its place. */
export function toast(text: ReactNode, action?: News["action"]): void {
  count += 1;
  set({ id: count, text, ...(action && { action }) });
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toaster() {
  const news = useSyncExternalStore(subscribe, () => current);
  // Once it is there it stays, so that the region is known before the next news comes into it.
  return count === 0 ? null : (
    <Suspense>
      <ToastView news={news} onDone={() => set(null)} />
    </Suspense>
  );
}
