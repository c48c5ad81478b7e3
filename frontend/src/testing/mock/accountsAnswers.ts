// What the pretended api answers about people, groups, the audit log and templates to an administrator.
import type { AuditEntry } from "../../features/audit/api/types";
import type { AdminTemplate } from "../../features/templates/api/types";
import type { AdminUser, Group, OwnLimits } from "../../features/users/api/types";
import { adminTemplate, group as makeGroup, node } from "../adminFactories.ts";
import { at } from "../factories.ts";
import type { AccountsWorld } from "./accountsWorld.ts";
import { invalid, problem, type Answer } from "./problem.ts";

type Body = Record<string, unknown>;
const ok = (data: unknown, status = 200): Answer => ({ status, data });
const done: Answer = { status: 204 };
const text = (value: unknown) => (typeof value === "string" ? value : "");
const missing = problem(404, "not_found", "There is no such thing.");

/** Undefined: it is about something else. */
export function accountsAnswer(
  world: AccountsWorld,
  method: string,
  path: string,
  search: URLSearchParams,
  body: Body,
): Answer | undefined {
  const [, kind = "", id = "", action = "", more = ""] = path.split("/");
  const call = `${method} ${action}`;
  switch (kind) {
    case "users":
      if (!id) return method === "GET" ? page(people(world, search), search) : createPerson(world, body);
      return person(world, call, decodeURIComponent(id), more, body);
    case "groups":
      return groups(world, method, id, body);
    case "audit":
      return action || id === "export" ? ok(world.entries) : page(audit(world, search), search);
    case "templates":
      return templates(world, call, id, body);
    case "registries":
      return registries(world, method, decodeURIComponent(id), body);
    default:
      return undefined;
  }
}

function page(found: { id: string }[], search: URLSearchParams): Answer {
  const limit = Number(search.get("limit") ?? 50);
  const cursor = search.get("cursor");
  const from = cursor ? found.findIndex(({ id }) => id === cursor) + 1 : 0;
  const items = found.slice(from, from + limit);
  return ok({ items, next_cursor: found.length > from + limit ? (items.at(-1)?.id ?? null) : null });
}

function people(world: AccountsWorld, search: URLSearchParams): AdminUser[] {
  const q = search.get("q")?.toLowerCase() ?? "";
  const [role, group, state] = ["role", "group", "state"].map((name) => search.get(name));
  return world.people.filter(
    (one) =>
      `${one.username} ${one.display_name}`.toLowerCase().includes(q) &&
      (!role || one.role === role) &&
      (!group || one.group?.id === group) &&
      (!state || state === (one.disabled ? "disabled" : one.invited ? "invited" : "active")),
  );
}

function groupOf(world: AccountsWorld, id: unknown): AdminUser["group"] {
  const found = world.groups.find((one) => one.id === id);
  return found ? { id: found.id, name: found.name } : null;
}

function createPerson(world: AccountsWorld, body: Body): Answer {
  const username = String(body.username).toLowerCase();
  if (world.people.some((one) => one.username === username))
    return problem(409, "username_taken", `The name “${username}” is taken.`);
  if (/[^a-z0-9._@+-]/.test(username)) return invalid("username", "use letters, digits or . _ - @ +");
  const made = world.add({
    username,
    display_name: text(body.display_name),
    role: body.role as AdminUser["role"],
    group: groupOf(world, body.group),
    sign_in: body.password ? ["password"] : [],
  });
  return ok(made, 201);
}

function person(world: AccountsWorld, call: string, id: string, more: string, body: Body): Answer {
  const found = world.people.find((one) => one.id === id);
  if (!found) return missing;
  switch (call) {
    case "GET ":
      return ok(found);
    case "PATCH ":
      return changePerson(world, found, body);
    case "DELETE ": {
      if (found.desktops.used > 0 && !body.desktops)
        return problem(409, "has_desktops", `There are ${found.desktops.used} desktops: say what becomes of them.`);
      if (body.desktops === "give" && !world.people.some((one) => one.username === body.to))
        return invalid("to", "there is nobody of that name");
      world.remove(id, body.desktops === "delete");
      return { status: 202 };
    }
    case "POST invite":
      world.change(id, { invited: true });
      return ok(
        { url: `https://berth.example.org/invite#k3v9${id.slice(-6)}x7w2m5q8`, expires_at: at(-7 * 86_400_000) },
        201,
      );
    case "POST sign-out":
      world.end(id);
      return done;
    case "GET sessions":
      return ok({ items: world.placesOf(id), next_cursor: null });
    case "DELETE sessions":
      world.end(id, more);
      return done;
    case "DELETE two-factor":
      world.change(id, { two_factor: false });
      return done;
    default:
      return missing;
  }
}

function changePerson(world: AccountsWorld, found: AdminUser, body: Body): Answer {
  if (typeof body.password === "string" && body.password.length < 10)
    return invalid("password", "a password has at least 10 letters");
  if (found.role === "admin" && body.role && body.role !== "admin")
    return problem(409, "last_admin", "This is the last administrator who can sign in.");
  const limits = "limits" in body ? (body.limits as OwnLimits | null) : found.limits;
  const from = (field: keyof OwnLimits) => (limits?.[field] != null ? "own" : found.group ? "group" : "default");
  const changed = world.change(found.id, {
    ...(body.display_name !== undefined && { display_name: text(body.display_name) }),
    ...(body.role !== undefined && { role: body.role as AdminUser["role"] }),
    ...(body.disabled !== undefined && { disabled: body.disabled as boolean }),
    ...("group" in body && { group: groupOf(world, body.group) }),
    limits,
    limits_from: {
      max_desktops: from("max_desktops"),
      start_limits: from("start_limits"),
      max_streams: from("max_streams"),
    },
    desktops: { ...found.desktops, limit: limits?.max_desktops ?? found.desktops.limit },
  });
  return ok(changed);
}

function groups(world: AccountsWorld, method: string, id: string, body: Body): Answer {
  const found = world.groups.find((one) => one.id === id);
  if (method === "GET" && !id) return ok({ items: world.groups, next_cursor: null });
  const name = text(body.name);
  if (method !== "DELETE" && world.groups.some((one) => one.id !== id && one.name.toLowerCase() === name.toLowerCase()))
    return problem(409, "name_taken", `The name “${name}” is taken.`);
  if (method === "POST") {
    const made = makeGroup({ ...(body as Partial<Group>), id: world.id("GROUP"), members: 0 });
    world.groups = [...world.groups, made];
    return ok(made, 201);
  }
  if (!found) return missing;
  if (method === "DELETE") {
    world.groups = world.groups.filter((one) => one !== found);
    world.people = world.people.map((one) => (one.group?.id === id ? { ...one, group: null } : one));
    return done;
  }
  Object.assign(found, body);
  return ok(found);
}

function audit(world: AccountsWorld, search: URLSearchParams): AuditEntry[] {
  const q = search.get("q")?.toLowerCase() ?? "";
  const [actor, action, target, result] = ["actor", "action", "target", "result"].map((name) => search.get(name));
  return world.entries.filter(
    (one) =>
      (!q || JSON.stringify(one).toLowerCase().includes(q)) &&
      (!actor || one.actor === actor) &&
      (!action || one.action === action) &&
      (!target || one.target?.id === target) &&
      (!result || one.result === result),
  );
}

function templates(world: AccountsWorld, call: string, id: string, body: Body): Answer {
  const method = call.split(" ")[0] ?? "";
  if (id === "order") {
    const ids = body.ids as string[];
    for (const one of world.templates) one.position = ids.indexOf(one.id) + 1;
    return done;
  }
  if (!id) {
    if (method === "GET") return ok({ items: world.templates, next_cursor: null });
    const made = adminTemplate({
      ...(body as Partial<AdminTemplate>),
      id: world.id("TEMPLATE"),
      position: world.templates.length + 1,
      nodes: [node({ state: "missing", image_id: null })],
      desktops: 0,
    });
    world.templates = [...world.templates, made];
    return ok(made, 201);
  }
  const found = world.templates.find((one) => one.id === id);
  if (!found) return missing;
  switch (call) {
    case "PATCH ":
      if (body.image === "nothing") return invalid("image", "no registry knows this image");
      if (body.default) for (const one of world.templates) one.default = false;
      Object.assign(found, body);
      return ok(found);
    case "DELETE ":
      if (found.desktops > 0) return problem(409, "template_in_use", "Desktops were made from it.");
      world.templates = world.templates.filter((one) => one !== found);
      return done;
    case "POST pull":
      world.pull(id);
      return { status: 202 };
    default:
      return ok(found);
  }
}

function registries(world: AccountsWorld, method: string, host: string, body: Body): Answer {
  if (method === "GET") return ok({ items: world.registries, next_cursor: null });
  world.registries = world.registries.filter((one) => one.host !== host);
  if (method === "PUT") world.registries = [...world.registries, { host, username: String(body.username) }];
  return done;
}
