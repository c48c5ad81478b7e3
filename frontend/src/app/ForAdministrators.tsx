// Pages of administrators and operators. To everybody else they do not exist; the api says the same.
import type { ReactNode } from "react";
import { useMe } from "@/features/session/api";
import type { Role } from "@/lib/api";
import { NoPage } from "./failures";
import { Shell } from "./Shell";

/** `only`: not for operators. */
export function ForAdministrators({ only = false, children }: { only?: boolean; children: ReactNode }) {
  const allowed: Role[] = only ? ["admin"] : ["operator", "admin"];
  return allowed.includes(useMe().role) ? <Shell>{children}</Shell> : <NoPage />;
}
