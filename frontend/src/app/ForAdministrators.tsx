// Pages of administrators and operators. To everybody else they do not exist; the api says the same.
import type { ReactNode } from "react";
import { useMe } from "@/features/session/api";
import { NoPage } from "./failures";
import { Shell } from "./Shell";

export function ForAdministrators({ children }: { children: ReactNode }) {
  return useMe().role === "user" ? <NoPage /> : <Shell>{children}</Shell>;
}
