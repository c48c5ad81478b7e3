// The only place that calls the api. A 401 refreshes the log-in once (one refresh at a time over all tabs) and
// repeats the call; when that fails too, the page is told that nobody is signed in.
import { noticeServerTime } from "@/lib/time/clock";
import { noticeStatus } from "./health";
import { errorFrom, isApiError, networkError, type ApiError } from "./problem";
import { refreshSession, sessionEnded } from "./session";

export const BASE = "/api/v1";

interface CallOptions {
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** False for log-in and refresh themselves: a 401 there is the answer. */
  refresh?: boolean;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export async function call<T>(method: Method, path: string, options: CallOptions = {}): Promise<T> {
  const first = await send(method, path, options);
  const response = await orRefreshed(first, method, path, options);
  if (!response.ok) throw await errorFrom(response);
  const text = await response.text();
  // A 204, and a 202 that has nothing to say.
  return (text ? JSON.parse(text) : undefined) as T;
}

/** A request that the caller reads itself (the event stream). Refreshes the log-in as `call` does. */
export async function open(path: string, options: CallOptions = {}): Promise<Response> {
  const first = await send("GET", path, options);
  const response = await orRefreshed(first, "GET", path, options);
  if (!response.ok) throw await errorFrom(response);
  return response;
}

/** A password or a code that was given to a form and is wrong. */
const ANSWERS: ReadonlySet<string> = new Set(["bad_credentials", "two_factor_required", "two_factor_wrong"]);

/** Only a log-in that ran out is worth a refresh; a wrong password given to a form is an answer. */
async function orRefreshed(first: Response, method: Method, path: string, options: CallOptions): Promise<Response> {
  if (first.status !== 401 || options.refresh === false) return first;
  const { code } = await errorFrom(first.clone());
  return ANSWERS.has(code) ? first : again(first, method, path, options);
}

async function again(first: Response, method: Method, path: string, options: CallOptions): Promise<Response> {
  try {
    await refreshSession();
  } catch (error) {
    if (isApiError(error) && error.status === 401) {
      sessionEnded();
      throw await errorFrom(first);
    }
    throw error;
  }
  const second = await send(method, path, options);
  if (second.status === 401) sessionEnded();
  return second;
}

async function send(method: Method, path: string, { body, headers, signal }: CallOptions): Promise<Response> {
  const init: RequestInit = { method, headers: { accept: "application/json", ...headers }, credentials: "same-origin" };
  if (signal) init.signal = signal;
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { ...init.headers, "content-type": "application/json" };
  }
  try {
    const response = await fetch(BASE + path, init);
    noticeServerTime(response.headers.get("date"));
    noticeStatus(response.status);
    return response;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw networkError();
  }
}

export type { ApiError };
