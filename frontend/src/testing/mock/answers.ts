// What the pretended api answers to each call.
import type { About } from "../../lib/api/types";
import { about, at, desktopThat } from "../factories.ts";
import { accountsAnswer } from "./accountsAnswers.ts";
import { adminAnswer } from "./adminAnswers.ts";
import { invite, logIn, ownAnswer } from "./ownAnswers.ts";
import { problem, type Answer } from "./problem.ts";
import type { World } from "./world";

const ok = (data: unknown, status = 200): Answer => ({ status, data });
const list = (items: unknown[]): Answer => ok({ items, next_cursor: null });
const TWO_PROVIDERS: Partial<About> = {
  sign_in: ["password", "oidc:campus", "oidc:github"],
  providers: [
    { id: "campus", name: "Harbour University" },
    { id: "github", name: "GitHub" },
  ],
};
const missing = problem(404, "not_found", "There is no such thing.");

export function answer(world: World, method: string, url: URL, body: Record<string, unknown>): Answer {
  const path = url.pathname.replace("/api/v1", "");
  const expires_at = at(-15 * 60_000);
  switch (`${method} ${path}`) {
    case "GET /about":
      return ok(about(world.scenario === "providers" ? TWO_PROVIDERS : {}));
    case "POST /auth/login":
      return logIn(world, body);
    case "POST /auth/invite":
    case "POST /auth/invite/accept":
      return invite(world, path, body);
    case "POST /auth/refresh":
      return world.signedIn ? ok({ user: world.user, expires_at }) : problem(401, "session_ended", "Sign in again.");
    case "POST /auth/logout":
    case "POST /auth/logout-all":
      world.signedIn = false;
      return { status: 204 };
  }
  if (!world.signedIn) return problem(401, "unauthenticated", "Sign in first.");
  if (world.scenario === "failing" && path === "/desktops") return problem(500, "internal", "Something broke.");
  if (path.startsWith("/admin/")) {
    if (world.user.role === "user") return problem(403, "forbidden", "That is for administrators.");
    if (world.scenario === "queue-failing") return problem(500, "internal", "Something broke.");
    const rest = path.replace("/admin", "");
    const accounts = accountsAnswer(world.accounts, method, rest, url.searchParams, body);
    if (accounts && world.user.role !== "admin") return problem(403, "forbidden", "That is for administrators.");
    return accounts ?? adminAnswer(world.admin, method, rest, url.searchParams, body);
  }
  const owner = url.searchParams.get("owner");
  if (path === "/desktops" && owner) return list(ownedBy(world, owner));
  return ownAnswer(world.accounts, method, path, body) ?? signedIn(world, method, path, body);
}

/** Another's desktops: as many as they are said to have. */
function ownedBy(world: World, owner: string) {
  const used = world.accounts.people.find((one) => one.username === owner)?.desktops.used ?? 0;
  return Array.from({ length: used }, (_, index) =>
    desktopThat(index % 2 ? "stopped" : "running", { name: `lab-${index + 1}`, owner, id: `01JDOF${owner}${index}` }),
  );
}

function signedIn(world: World, method: string, path: string, body: Record<string, unknown>): Answer {
  switch (`${method} ${path}`) {
    case "GET /me":
      return ok(world.user);
    case "GET /templates":
      return list(world.templates);
    case "GET /limits":
      return ok(world.limits());
    case "GET /desktops":
      return list(world.desktops);
    case "POST /desktops":
      if (world.desktops.length >= world.limits().desktops.limit)
        return problem(409, "quota_exceeded", "You have all the desktops you may have.");
      return ok(world.create(String(body.template), body.name as string | null), 202);
  }
  const [, id = "", action = ""] = /^\/desktops\/([^/]+)\/?(.*)$/.exec(path) ?? [];
  const desktop = world.desktops.find((one) => one.id === id);
  if (!desktop) return missing;
  switch (`${method} ${action}`) {
    case "GET ":
      return ok(desktop);
    case "PATCH ":
      return ok(world.change(id, { name: String(body.name) }));
    case "DELETE ":
      return ok(world.remove(id), 202);
    case "POST stop":
      return ok(world.stop(id), 202);
    case "POST start":
      return ok(world.start(id), 202);
    case "GET events":
      return list([
        {
          id: "3",
          at: at(60_000),
          kind: "running",
          actor: null,
          status: desktop.status,
          desired: "running",
          reason: null,
          text: "Ready after 3.2 s.",
        },
        {
          id: "2",
          at: at(63_000),
          kind: "claimed",
          actor: null,
          status: "starting",
          desired: "running",
          reason: null,
          text: "Its start began.",
        },
        {
          id: "1",
          at: at(90_000_000),
          kind: "asked",
          actor: "jonas",
          status: "queued",
          desired: "running",
          reason: null,
          text: "Asked for by",
        },
      ]);
    default:
      return missing;
  }
}
