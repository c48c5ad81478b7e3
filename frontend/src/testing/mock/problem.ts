// An answer of the pretended api, and how it refuses.
export interface Answer {
  status: number;
  data?: unknown;
  headers?: Record<string, string>;
}

export function problem(status: number, code: string, detail: string, headers?: Record<string, string>): Answer {
  const data = { type: "about:blank", title: detail, status, detail, code, request_id: "01JDREQ7KQ2" };
  return { status, data, headers };
}

/** A field of the body that does not fit. */
export function invalid(field: string, message: string): Answer {
  const { status, data } = problem(422, "validation_failed", message);
  return { status, data: { ...(data as object), errors: [{ field, message }] } };
}
