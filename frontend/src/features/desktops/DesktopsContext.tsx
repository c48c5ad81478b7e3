// What every part of the desktops page needs: the templates, the limits, who reads, and the ways to open a dialog or
// to show a refusal in the start panel.
import { createContext, use } from "react";
import type { Desktop, Limits, Template } from "@/lib/api";

export type DialogKind = "stop" | "delete" | "rename" | "history";

export interface DesktopsContextValue {
  templates: ReadonlyMap<string, Template>;
  limits: Limits | undefined;
  me: string;
  /** How many own starts are under way. */
  underWay: number;
  /** Action buttons wait: the connection is gone. */
  offline: boolean;
  openDialog: (kind: DialogKind, desktop: Desktop) => void;
  /** A start was refused: the start panel says why. */
  refuse: (error: unknown) => void;
}

export const DesktopsContext = createContext<DesktopsContextValue | null>(null);

export function useDesktopsContext(): DesktopsContextValue {
  const value = use(DesktopsContext);
  if (!value) throw new Error("DesktopsContext is missing");
  return value;
}
