// A certified OpenID provider for the api's tests: provider.mjs REDIRECT_URI AFTER_SIGN_OUT [PORT].
// It says `ready ISSUER` when it listens, and ends with its standard input, so that it never outlives a test.
// People sign in as whatever they type; what they type also says their groups: `ada`, `ada+admins+staff`.
// POST /test {…} breaks it: `status` (every answer is this), `text` (discovery says this), `metadata` (replaces parts of
// discovery), `claims` (replaces claims of ID tokens, signed as before), `signature` (spoils it), `keys` (signs with a new key
// that nobody has seen). `{}` mends it.
import { generateKeyPair, exportJWK, decodeJwt, SignJWT } from "jose";
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const [redirectUri, afterSignOut, port = "0"] = process.argv.slice(2);
process.stdin.on("end", () => process.exit(0)).resume();

const key = async (kid) => {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  return { privateKey, jwk: { ...(await exportJWK(privateKey)), kid, alg: "RS256", use: "sig" } };
};
const first = await key("first");
const second = await key("second");
let broken = {};

const server = createServer();
await new Promise((listening) => server.listen(Number(port), "127.0.0.1", listening));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "berth",
      client_secret: "a secret of the client, long enough",
      redirect_uris: [redirectUri],
      post_logout_redirect_uris: [afterSignOut],
    },
  ],
  cookies: { keys: ["only for tests"] },
  jwks: { keys: [first.jwk, second.jwk] },
  claims: { openid: ["sub"], profile: ["preferred_username", "name"], groups: ["groups"] },
  findAccount: (_, id) => {
    const [name, ...groups] = id.split("+");
    const claims = { sub: id, preferred_username: name, name: `${name} of Corp`, groups };
    return { accountId: id, claims: () => claims };
  },
  pkce: { required: () => true },
});

const read = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString());
};

// Who comes back with other groups is the same person.
const subject = (id) => `sub-${id.split("+")[0]}`;

const signedAnew = async (token) => {
  const { privateKey, jwk } = broken.keys ? second : first;
  const told = decodeJwt(token);
  const claims = { ...told, sub: subject(told.sub), ...broken.claims };
  const signed = await new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: jwk.kid }).sign(privateKey);
  return broken.signature ? `${signed.slice(0, -8)}AAAAAAAA` : signed;
};

provider.use(async (ctx, next) => {
  if (broken.status) {
    ctx.status = broken.status;
    ctx.body = "out of order";
    return;
  }
  await next();
  if (ctx.path === "/.well-known/openid-configuration") {
    if (broken.text) {
      ctx.type = "json";
      ctx.body = broken.text;
    } else {
      ctx.body = { ...ctx.body, ...broken.metadata };
    }
  }
  // Nobody has seen the second key until something is signed with it.
  if (ctx.path === "/jwks" && !broken.keys) ctx.body = { keys: ctx.body.keys.filter(({ kid }) => kid === "first") };
  if (ctx.path === "/token" && ctx.body.id_token) ctx.body.id_token = await signedAnew(ctx.body.id_token);
  if (ctx.path === "/me" && ctx.body.sub) ctx.body = { ...ctx.body, sub: subject(ctx.body.sub) };
});

const answer = provider.callback();
server.on("request", async (request, response) => {
  if (request.method === "POST" && request.url === "/test") {
    broken = await read(request);
    response.writeHead(204).end();
  } else {
    answer(request, response);
  }
});
console.log(`ready ${issuer}`);
