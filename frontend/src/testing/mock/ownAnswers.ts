// What the pretended api answers about one's own account, and about signing in. Passwords: "wrong" is wrong, "slow" is
// limited, "code" asks for a second step, whose code is 123456.
import { at } from "../factories.ts";
import type { AccountsWorld } from "./accountsWorld.ts";
import { invalid, problem, type Answer } from "./problem.ts";
import type { World } from "./world.ts";

type Body = Record<string, unknown>;
const ok = (data: unknown, status = 200): Answer => ({ status, data });
const done: Answer = { status: 204 };
const CODE = "123456";

export function logIn(world: World, body: Body): Answer {
  if (body.password === "slow") return problem(429, "too_many_failures", "Too many failures.", { "retry-after": "42" });
  if (body.password === "wrong") return problem(401, "bad_credentials", "Wrong name or password.");
  if (body.password === "code" && !body.code) return problem(401, "two_factor_required", "The code is missing.");
  if (body.password === "code" && body.code !== CODE) return problem(401, "two_factor_wrong", "The code is wrong.");
  world.signedIn = true;
  return ok({ user: world.user, expires_at: at(-15 * 60_000) });
}

export function invite(world: World, path: string, body: Body): Answer {
  if (body.token === "old") return problem(404, "invite_invalid", "The invite is wrong, old or used.");
  if (path === "/auth/invite")
    return ok({ username: "amina", display_name: "Amina Diallo", expires_at: at(-6 * 86_400_000) });
  if (String(body.password).length < 10) return invalid("password", "a password has at least 10 letters");
  world.signedIn = true;
  return ok({ user: world.user, expires_at: at(-15 * 60_000) });
}

/** Undefined: it is about something else. */
export function ownAnswer(world: AccountsWorld, method: string, path: string, body: Body): Answer | undefined {
  const [, first, second, third] = path.split("/");
  if (first === "tokens") return tokens(world, method, second, body);
  if (first !== "me") return undefined;
  switch (`${method} ${second}`) {
    case "PUT password":
      if (body.current_password === "wrong") return problem(401, "bad_credentials", "That is not it.");
      if (String(body.new_password).length < 10) return invalid("new_password", "a password has at least 10 letters");
      return done;
    case "GET sessions":
      return ok({ items: world.sessions, next_cursor: null });
    case "DELETE sessions":
      world.sessions = world.sessions.filter(({ id }) => id !== third);
      return done;
    case "GET two-factor":
      return ok(world.twoFactor);
    case "POST two-factor":
      return twoFactor(world, third, body);
    case "DELETE two-factor":
      if (body.password === "wrong") return problem(401, "bad_credentials", "That is not it.");
      world.twoFactor = { on: false, recovery_left: 0 };
      return done;
    default:
      return undefined;
  }
}

function tokens(world: AccountsWorld, method: string, id: string | undefined, body: Body): Answer {
  if (method === "GET") return ok({ items: world.tokens, next_cursor: null });
  if (method === "POST") return ok(world.makeToken(body), 201);
  world.tokens = world.tokens.filter((one) => one.id !== id);
  return done;
}

function twoFactor(world: AccountsWorld, step: string | undefined, body: Body): Answer {
  if (step === "confirm") {
    if (body.code !== CODE) return problem(401, "two_factor_wrong", "The code is wrong.");
    world.twoFactor = { on: true, recovery_left: 10 };
    return ok({ recovery_codes: Array.from({ length: 10 }, (_, n) => `k${n}m4-${n}x7q-w2v${n}`) });
  }
  if (body.password === "wrong") return problem(401, "bad_credentials", "That is not it.");
  const secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
  return ok({
    secret,
    uri: `otpauth://totp/Berth:jonas?secret=${secret}&issuer=Berth&algorithm=SHA1&digits=6&period=30`,
  });
}
