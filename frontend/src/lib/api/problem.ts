// A refused or failed call, in one class. `status` 0 means the server could not be reached at all.
// Texts meant for people come from the pages; `detail` is the api's own sentence.
import type { FieldError, Problem } from "./types";

export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly requestId: string | null,
    /** How long the api asks us to wait, from `Retry-After`; null when it did not say. */
    readonly retryAfterSeconds: number | null,
    /** Which fields of the body were refused. */
    readonly fields: readonly FieldError[] = [],
  ) {
    super(detail);
  }

  /** What is wrong with a field of the body, as a sentence; null when nothing is. */
  fieldError(field: string): string | null {
    const found = this.fields.find((one) => one.field === field || one.field.startsWith(`${field}[`));
    if (!found) return null;
    const text = found.message.charAt(0).toUpperCase() + found.message.slice(1);
    return /[.!?]$/.test(text) ? text : `${text}.`;
  }

  /** Could not be reached, or the part in front of it could not reach it. */
  get unreachable(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 504;
  }

  /** The one 503 that the page has words for. */
  get databaseDown(): boolean {
    return this.status === 503;
  }
}

export function isApiError(error: unknown): error is ApiError {
  return error instanceof ApiError;
}

export function networkError(): ApiError {
  return new ApiError(0, "unreachable", "Berth does not answer.", null, null);
}

export async function errorFrom(response: Response): Promise<ApiError> {
  const problem = await readProblem(response);
  return new ApiError(
    response.status,
    problem?.code ?? "unknown",
    problem?.detail ?? problem?.title ?? `The server answered ${response.status}.`,
    problem?.request_id ?? response.headers.get("x-request-id"),
    retryAfter(response.headers.get("retry-after")),
    problem?.errors,
  );
}

async function readProblem(response: Response): Promise<Partial<Problem> | null> {
  if (!response.headers.get("content-type")?.includes("json")) return null;
  try {
    return (await response.json()) as Partial<Problem>;
  } catch {
    return null;
  }
}

/** Seconds or an HTTP date, as RFC 9110 allows. */
export function retryAfter(value: string | null, now = Date.now()): number | null {
  if (!value) return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now) / 1000));
}
