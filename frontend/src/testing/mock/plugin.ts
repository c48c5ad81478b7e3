// `npm run mock`: the page against a pretended api, with live events. /mock/<scenario> chooses what is so.
// Only for looking at the page; nothing of it is in the build.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Connect, Plugin } from "vite";
import { answer } from "./answers.ts";
import { SCENARIOS, World, type Scenario } from "./world.ts";

/** What the api serves the page with. */
const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'none'";

export function mockApi(): Plugin {
  return {
    name: "berth-mock-api",
    configureServer: (server) => void server.middlewares.use(middleware()),
    configurePreviewServer: (server) => {
      server.middlewares.use((_request, response, next) => {
        response.setHeader("content-security-policy", CSP);
        next();
      });
      server.middlewares.use(middleware());
    },
  };
}

function middleware(): Connect.NextHandleFunction {
  const worlds = new Map<Scenario, World>();
  return (request, response, next) => {
    const url = new URL(request.url ?? "/", "http://mock");
    const wanted = SCENARIOS.find((name) => url.pathname === `/mock/${name}`);
    if (wanted) {
      worlds.set(wanted, new World(wanted));
      response
        .writeHead(302, { location: url.searchParams.get("to") ?? "/", "set-cookie": `berth_mock=${wanted}; path=/` })
        .end();
      return;
    }
    if (!url.pathname.startsWith("/api/")) return next();
    const cookie = /berth_mock=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1];
    const name = SCENARIOS.find((scenario) => scenario === cookie) ?? "five";
    const world = worlds.get(name) ?? new World(name);
    worlds.set(name, world);
    if (name === "down") return void response.destroy();
    if (url.pathname === "/api/v1/events") return stream(world, url.searchParams.get("room"), request, response);
    void body(request).then((json) => {
      const { status, data, headers } = answer(world, request.method ?? "GET", url, json);
      const type = status >= 400 ? "application/problem+json" : "application/json";
      const slow =
        (name === "slow" && url.pathname.endsWith("/desktops")) ||
        (name === "queue-slow" && url.pathname.includes("/admin/"));
      const wait = slow ? 8000 : 60;
      setTimeout(() => {
        response.writeHead(status, { "content-type": type, ...headers });
        response.end(data === undefined ? undefined : JSON.stringify(data));
      }, wait);
    });
  };
}

function stream(world: World, room: string | null, request: IncomingMessage, response: ServerResponse): void {
  if (world.scenario === "slow") return;
  if (world.scenario === "failing") return void response.writeHead(500).end();
  if (!world.signedIn) return void response.writeHead(401, { "content-type": "application/problem+json" }).end("{}");
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  const join = room === "admin" ? world.subscribeAdmin.bind(world) : world.subscribe.bind(world);
  const leave = join((name, data, id) => {
    response.write(`${id ? `id: ${id}\n` : ""}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  });
  const alive = setInterval(() => response.write(":\n\n"), 5_000);
  request.on("close", () => {
    clearInterval(alive);
    leave();
  });
}

async function body(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text ? (JSON.parse(text) as Record<string, unknown>) : {};
}
