// What every test has: a Berth, a person, a page that is watched, and everything tidied away afterwards.
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test as base, expect, type BrowserContext, type BrowserContextOptions, type Page } from "@playwright/test";
import type { Account } from "./account.ts";
import { Berth, type UserOptions } from "./berth.ts";
import { Problems } from "./problems.ts";

const SHOTS = fileURLToPath(new URL("../shots/", import.meta.url));

interface Fixtures {
  problems: Problems;
  userWith: (options?: UserOptions) => Promise<Account>;
  user: Account;
  /** A browser of its own: a phone, a dark one, somebody else's. */
  browserOf: (who: Account | null, options?: BrowserContextOptions) => Promise<Page>;
  /** A running desktop of the user. */
  desktop: { id: string; name: string };
  /** Signs the test's own browser in as the user. */
  signedIn: void;
}

export const test = base.extend<Fixtures, { berth: Berth }>({
  berth: [
    async ({}, use) => {
      const berth = await Berth.start();
      await use(berth);
      await berth.close();
    },
    { scope: "worker", timeout: 60_000 },
  ],
  baseURL: async ({ berth }, use) => use(berth.url),
  problems: [
    async ({ context, berth }, use, info) => {
      const problems = new Problems();
      problems.listen(context);
      await use(problems);
      if (info.status !== info.expectedStatus)
        await info.attach("berth.log", { body: await berth.log(), contentType: "text/plain" });
      expect(problems.unexpected, "what the browser's console complained about").toEqual([]);
    },
    { auto: true },
  ],
  userWith: async ({ berth }, use) => {
    const users: Account[] = [];
    await use(async (options) => {
      const user = await berth.user(options);
      users.push(user);
      return user;
    });
    // Before the next test begins: see `go` in pages.ts. What cannot be tidied now fails when Berth ends.
    for (const user of users) await berth.tidy(user).catch(() => undefined);
  },
  user: async ({ userWith }, use) => use(await userWith()),
  browserOf: async ({ browser, berth, problems }, use) => {
    const opened: BrowserContext[] = [];
    await use(async (who, options) => {
      const context = await browser.newContext({ baseURL: berth.url, locale: "en-GB", ...options });
      opened.push(context);
      problems.listen(context);
      if (who) await signIn(context, who);
      return context.newPage();
    });
    for (const context of opened) await context.close();
  },
  desktop: async ({ user }, use) => use(await user.running("Harbour")),
  signedIn: async ({ context, user }, use) => {
    await signIn(context, user);
    await use();
  },
});

export { expect };

export async function signIn(context: BrowserContext, { username, password }: Account): Promise<void> {
  const answer = await context.request.post("/api/v1/auth/login", { data: { username, password } });
  expect(answer.status()).toBe(200);
}

/** A picture for people to look at. Nothing compares it. */
export async function shot(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  // Without hiding the text cursor: that would need a style that the page's policy forbids.
  await page.screenshot({ path: `${SHOTS}${name}.png`, caret: "initial" });
}
