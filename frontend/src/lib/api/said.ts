// Why a call did not work, in a sentence: the api's own where it refused, ours where it did not answer.
import { isApiError } from "./problem";

/** `gone`: what to say of a thing that is not there any more. */
export function said(error: unknown, gone = "It is not there any more."): string {
  if (!isApiError(error)) return "That did not work. Try again.";
  if (error.unreachable) return "Berth does not answer. Nothing is known to have changed; try again in a moment.";
  if (error.databaseDown) return "Berth’s database does not answer. Nothing was changed; try again in a moment.";
  if (error.status === 404) return gone;
  if (error.status === 429) return "That was a lot at once. Try again in a moment.";
  if (error.status < 500) return error.detail;
  return `That did not work, and nothing was changed. Request ${error.requestId ?? "unknown"}.`;
}

/** Why something could not be looked up. */
export function notLoaded(error: unknown): string {
  if (!isApiError(error)) return "This could not be loaded.";
  if (error.unreachable) return "This could not be loaded: Berth does not answer.";
  if (error.databaseDown) return "This could not be loaded: Berth’s database does not answer.";
  return `This could not be loaded. Request ${error.requestId ?? "unknown"}.`;
}

/** As `said`, but only for what no field of the form can show; null while there is nothing to say. */
export function saidBeside(error: unknown, fields: readonly string[], gone?: string): string | null {
  if (!error) return null;
  if (isApiError(error) && fields.some((field) => error.fieldError(field))) return null;
  return said(error, gone);
}

export function saidOf(error: unknown, field: string): string | null {
  return isApiError(error) ? error.fieldError(field) : null;
}
