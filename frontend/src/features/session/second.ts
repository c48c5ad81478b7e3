// Whether a log-in was refused for its second step alone: the code is missing, or is not right.
import { isApiError } from "@/lib/api";

export function isSecond(error: unknown): boolean {
  return isApiError(error) && (error.code === "two_factor_required" || error.code === "two_factor_wrong");
}
