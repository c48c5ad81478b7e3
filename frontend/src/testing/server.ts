// The api for unit tests: everything as in the interface guide's first picture. A test replaces what it is about.
import { http, HttpResponse } from "msw";
import { setupServer } from "msw/node";
import * as admin from "./adminFactories";
import * as make from "./factories";

export const api = (path: string) => `*/api/v1${path}`;

export function problem(status: number, code: string, detail = "No.", headers: Record<string, string> = {}) {
  return HttpResponse.json(
    { type: "about:blank", title: detail, status, detail, code, request_id: "01JDREQ" },
    { status, headers: { "content-type": "application/problem+json", ...headers } },
  );
}

export const list = (items: unknown[]) => HttpResponse.json({ items, next_cursor: null });

export const server = setupServer(
  http.get(api("/me"), () => HttpResponse.json(make.user())),
  http.get(api("/about"), () => HttpResponse.json(make.about())),
  http.get(api("/desktops"), () => list(make.fiveDesktops())),
  http.get(api("/templates"), () => list(make.templates())),
  http.get(api("/limits"), () => HttpResponse.json(make.limits())),
  http.get(
    api("/events"),
    () => new HttpResponse(new ReadableStream(), { headers: { "content-type": "text/event-stream" } }),
  ),
  http.post(api("/auth/refresh"), () => problem(401, "session_ended")),
  http.get(api("/admin/queue"), () => HttpResponse.json(admin.adminQueue())),
  http.get(api("/admin/workers"), () => list(admin.fourWorkers())),
  http.get(api("/admin/drift"), () => HttpResponse.json(admin.driftList())),
  http.get(api("/admin/users"), () => list(admin.elevenPeople())),
  http.get(api("/admin/groups"), () => list(admin.threeGroups())),
  http.get(api("/admin/audit"), () => list(admin.tenEntries())),
  http.get(api("/admin/templates"), () => list(admin.fiveTemplates())),
  http.get(api("/admin/registries"), () => list([admin.registry()])),
  http.get(api("/me/sessions"), () => list(admin.threeSessions())),
  http.get(api("/me/two-factor"), () => HttpResponse.json({ on: false, recovery_left: 0 })),
  http.get(api("/tokens"), () => list([admin.token()])),
);
