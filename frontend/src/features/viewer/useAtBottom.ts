// Whether the bar stands at the bottom: on touch screens and in narrow windows. Bar.module.css says the same.
import { useSyncExternalStore } from "react";

const query = () => window.matchMedia("(max-width: 760px), (pointer: coarse)");

function subscribe(changed: () => void) {
  const media = query();
  media.addEventListener("change", changed);
  return () => media.removeEventListener("change", changed);
}

export function isAtBottom(): boolean {
  return query().matches;
}

export function useAtBottom(): boolean {
  return useSyncExternalStore(subscribe, isAtBottom);
}
