// What a first visit costs: how much comes over the line, and how soon there is something to see.
import type { BrowserContext, Page } from "@playwright/test";
import { go, Home } from "../support/pages.ts";
import { SIGNED_OUT } from "../support/problems.ts";
import { expect, test } from "../support/test.ts";

const MOST_KIB = 120;
const MOST_MS = 1_000;
/** Long enough for what the page fetches once it has nothing else to do. */
const STILL_MS = 1_500;

interface Fetched {
  url: string;
  head: number;
  body: number;
}

/** Everything that comes from now on, as it is on the line. */
async function weigh(page: Page): Promise<() => Promise<Fetched[]>> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Network.enable");
  const all = new Map<string, Fetched>();
  let last = Date.now();
  devtools.on("Network.responseReceived", ({ requestId, response }) => {
    all.set(requestId, { url: response.url, head: response.encodedDataLength, body: 0 });
    last = Date.now();
  });
  // A stream never ends: of it only what `dataReceived` says counts.
  devtools.on("Network.dataReceived", ({ requestId, encodedDataLength }) => {
    const one = all.get(requestId);
    if (one) one.body += encodedDataLength;
  });
  devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const one = all.get(requestId);
    if (one) one.body = encodedDataLength - one.head;
    last = Date.now();
  });
  return async () => {
    await expect.poll(() => Date.now() - last, { message: "the page has all it wants" }).toBeGreaterThan(STILL_MS);
    return [...all.values()];
  };
}

function judge(what: string, all: Fetched[]): void {
  // The page itself: what the api says of a person is as long as it is.
  const files = all.filter(({ url }) => !new URL(url).pathname.startsWith("/api/"));
  const kib = files.reduce((sum, { body }) => sum + body, 0) / 1024;
  const rest = all.reduce((sum, { head, body }) => sum + head + body, 0) / 1024 - kib;
  console.log(`    ${what}: ${kib.toFixed(1)} KiB in ${files.length} files; answers and all heads ${rest.toFixed(1)} KiB more`);
  const named = files.map(({ url, body }) => `${body} ${new URL(url).pathname}`).join("\n");
  expect(files.filter(({ url }) => url.endsWith(".js")).length, "parts of the page that were counted").toBeGreaterThan(3);
  expect(kib, `KiB of ${what}:\n${named}`).toBeLessThanOrEqual(MOST_KIB);
  expect(named, "the viewer is for those who open it").not.toMatch(VIEWER);
}

const VIEWER = /\/assets\/ViewerPage-[^/]+\.js/;

test("a first visit is at most 120 KiB, at the door and at home, and the viewer is not among it", async ({
  user,
  browserOf,
  problems,
}) => {
  problems.allow(SIGNED_OUT, /status of 40[49]/);
  const stranger = await browserOf(null);
  const atDoor = await weigh(stranger);
  await go(stranger, "/sign-in");
  await expect(stranger.getByRole("heading", { name: "Sign in" })).toBeVisible();
  judge("sign-in", await atDoor());

  const page = await browserOf(user);
  const atHome = await weigh(page);
  await new Home(page).open();
  await expect(page.getByRole("button", { name: /^Start / }).first()).toBeEnabled();
  judge("home", await atHome());

  // It has this name: what is not found above was not only called otherwise.
  const viewer = page.waitForRequest((request) => VIEWER.test(request.url()));
  await go(page, "/desktops/01JD7QV3E8AAAAAAAAAAAAAAAA/view");
  await viewer;
});

async function firstPaint(context: BrowserContext, path: string): Promise<number> {
  const page = await context.newPage();
  await go(page, path);
  return page.evaluate(
    () =>
      new Promise<number>((done) => {
        new PerformanceObserver((list) => {
          const paint = list.getEntriesByName("first-contentful-paint")[0];
          if (paint) done(paint.startTime);
        }).observe({ type: "paint", buffered: true });
      }),
  );
}

test("a first visit shows something within a second, at the door and at home", async ({ user, browserOf, problems }) => {
  problems.allow(SIGNED_OUT);
  for (const [what, who, path] of [
    ["sign-in", null, "/sign-in"],
    ["home", user, "/"],
  ] as const) {
    const median = async () => {
      const times: number[] = [];
      for (let visit = 0; visit < 3; visit += 1) {
        // Each a browser that was never here.
        times.push(await firstPaint((await browserOf(who)).context(), path));
      }
      console.log(`    ${what}: first paint at ${times.map((time) => time.toFixed(0)).join(", ")} ms`);
      return times.sort((a, b) => a - b)[1] ?? Infinity;
    };
    // The machine may be busy with something else just then: three times over.
    let best = await median();
    for (let more = 0; more < 2 && best > MOST_MS; more += 1) best = Math.min(best, await median());
    expect(best, `ms until ${what} is painted, the middle one of three`).toBeLessThanOrEqual(MOST_MS);
  }
});
