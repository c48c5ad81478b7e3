import { http, HttpResponse } from "msw";
import { expect, it, vi } from "vitest";
import { api, problem, server } from "@/testing/server";
import { call } from "./client";
import { ApiError, retryAfter } from "./problem";
import { onSessionEnded } from "./session";

const signedIn = { user: {}, expires_at: new Date(Date.now() + 900_000).toISOString() };

it("refreshes the log-in once for many calls, and repeats each", async () => {
  let fresh = false;
  let refreshes = 0;
  server.use(
    http.get(api("/me"), () => (fresh ? HttpResponse.json({ id: "1" }) : problem(401, "session_ended"))),
    http.post(api("/auth/refresh"), () => {
      refreshes += 1;
      fresh = true;
      return HttpResponse.json(signedIn);
    }),
  );
  await Promise.all([call("GET", "/me"), call("GET", "/me"), call("GET", "/me")]);
  expect(refreshes).toBe(1);
});

it("says that the log-in has ended when a refresh does not help", async () => {
  const ended = vi.fn();
  const leave = onSessionEnded(ended);
  server.use(http.get(api("/me"), () => problem(401, "unauthenticated")));
  await expect(call("GET", "/me")).rejects.toMatchObject({ status: 401 });
  expect(ended).toHaveBeenCalledOnce();
  leave();
});

it("takes a wrong password for an answer", async () => {
  const ended = vi.fn();
  const leave = onSessionEnded(ended);
  server.use(http.put(api("/me/password"), () => problem(401, "bad_credentials")));
  await expect(call("PUT", "/me/password", { body: {} })).rejects.toMatchObject({ code: "bad_credentials" });
  expect(ended).not.toHaveBeenCalled();
  leave();
});

it("makes one kind of error of everything", async () => {
  server.use(
    http.get(api("/limits"), () => problem(429, "rate_limited", "Too much.", { "retry-after": "7" })),
    http.get(api("/templates"), () => HttpResponse.error()),
  );
  await expect(call("GET", "/limits")).rejects.toMatchObject({ retryAfterSeconds: 7, requestId: "01JDREQ" });
  const error: unknown = await call("GET", "/templates").catch((error: unknown) => error);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status: 0, unreachable: true });
});

it("reads Retry-After as seconds or as a date", () => {
  const now = Date.parse("2026-11-23T12:00:00Z");
  expect(retryAfter("42", now)).toBe(42);
  expect(retryAfter("Mon, 23 Nov 2026 12:00:30 GMT", now)).toBe(30);
  expect(retryAfter(null, now)).toBeNull();
});
