// A page that means harm, on another origin, in the browser of somebody who is signed in: it reads nothing, does nothing,
// shows nothing. One is of another site; to the other, on another port of the same host, the browser even gives cookies along.
import { Elsewhere, Tries } from "../support/elsewhere.ts";
import { go } from "../support/pages.ts";
import { expect, signIn, test } from "../support/test.ts";

for (const host of ["localhost", "127.0.0.1"]) {
  test(`a hostile page on another origin, at ${host}`, async ({ browser, berth, user, desktop }) => {
    const elsewhere = await Elsewhere.start();
    // Not one whose console is watched: it is full of refusals.
    const context = await browser.newContext({ baseURL: berth.url });
    await signIn(context, user);
    const page = await context.newPage();
    const tries = new Tries(page);
    const api = `${berth.url}/api/v1`;
    const [me, events, vnc] = [`${api}/me`, `${api}/events`, `${api}/desktops/${desktop.id}/vnc`];
    const state = async () => {
      const sessions = await user.get<{ items: unknown[] }>("/me/sessions");
      const desktops = (await user.desktops()).map(({ id, name, status }) => ({ id, name, status }));
      return { desktops, sessions: sessions.items.length };
    };

    await test.step("what it tries works on a page of ours", async () => {
      await go(page, "/");
      expect(await tries.fetch("GET", me)).toContain(user.username);
      expect(await tries.socket(vnc)).toBe("heard RFB 003.008");
      expect(await tries.events(events)).toBe("heard a snapshot");
    });

    const before = await state();
    await page.goto(elsewhere.on(host));

    await test.step("no cookie and no answer is read", async () => {
      expect(await page.evaluate(() => document.cookie)).toBe("");
      expect(await tries.fetch("GET", me)).toBe("refused");
      expect(await tries.fetch("GET", me, "no-cors")).not.toContain(user.username);
      const opened = context.waitForEvent("page");
      await page.evaluate((url) => Object.assign(window, { opened: window.open(url) }), berth.url);
      await (await opened).waitForLoadState();
      await expect.poll(() => page.evaluate(() => (window as unknown as { opened: Window }).opened.closed)).toBe(true);
      await (await opened).close();
    });

    await test.step("no action happens", async () => {
      for (const path of [`/desktops/${desktop.id}/stop`, "/auth/logout", "/auth/logout-all", "/auth/refresh"]) {
        expect(await tries.fetch("POST", api + path)).toBe("refused");
        expect(await tries.fetch("POST", api + path, "no-cors")).not.toMatch(/^basic/);
        await page.evaluate((url) => navigator.sendBeacon(url), api + path);
        expect(await tries.form(api + path), path).toBe(403);
      }
      expect(await tries.fetch("DELETE", `${api}/desktops/${desktop.id}`)).toBe("refused");
      // Nor is the visitor signed in as somebody else, to work under an eye that is not theirs.
      const { username, password } = await berth.user();
      const body = JSON.stringify({ username, password, x: "=" });
      expect(await tries.form(`${api}/auth/login`, body)).toBe(403);
    });

    await test.step("no frame shows it", async () => {
      for (const path of ["/", `/desktops/${desktop.id}/view`, "/api/docs/", "/api/v1/me"])
        for (const shown of await tries.frames(berth.url + path)) expect(shown).not.toContain(berth.url);
    });

    await test.step("no stream opens", async () => {
      expect(await tries.socket(vnc)).toBe("closed 1006");
      expect(await tries.events(events)).toBe("failed");
    });

    await test.step("nothing becomes a part of it", async () => {
      for (const tag of ["img", "script", "link"] as const)
        for (const url of [me, `${api}/desktops`, `${berth.url}/favicon.svg`, `${berth.url}/theme.js`])
          expect(await tries.include(tag, url), `${tag} ${url}`).toBe("failed");
    });

    expect(await state(), "all is as it was").toEqual(before);
    expect(((await (await context.request.get(me)).json()) as { username: string }).username).toBe(user.username);
    await context.close();
    elsewhere.close();
  });
}
