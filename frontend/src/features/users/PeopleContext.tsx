// What every part of the people page needs: whose drawer is open, a way to open another, and the page's dialogs.
import { createContext, use } from "react";
import type { AdminUser } from "./api";

export type Asked = "password" | "invite" | "off" | "delete" | "two-factor";

export interface PeopleContextValue {
  openId: string | null;
  /** Action buttons wait: the connection is gone. */
  offline: boolean;
  /** The reader's own id: nobody deletes or switches off themselves. */
  meId: string;
  /** Where somebody's drawer is, by the present filter. */
  addressOf: (id: string) => string;
  open: (id: string | null) => void;
  ask: (what: Asked, person: AdminUser) => void;
}

export const PeopleContext = createContext<PeopleContextValue | null>(null);

export function usePeopleContext(): PeopleContextValue {
  const value = use(PeopleContext);
  if (!value) throw new Error("PeopleContext is missing");
  return value;
}
