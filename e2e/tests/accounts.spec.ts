// Who may do what: people and groups, the audit log, templates and registries for administrators; one's own account; and
// how somebody new gets in. Each page wide and as narrow as a phone, with what each role is shown.
import { expect, type Page } from "@playwright/test";
import { fit } from "../support/fit.ts";
import { go } from "../support/pages.ts";
import { SIGNED_OUT } from "../support/problems.ts";
import { shot, test } from "../support/test.ts";
import { code } from "../support/totp.ts";

const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 390, height: 844 };

/** Nothing sticks out, and those who listen miss nothing. */
async function fits(page: Page, name: string): Promise<void> {
  for (const [size, viewport] of [
    ["phone", NARROW],
    ["wide", WIDE],
  ] as const) {
    await page.setViewportSize(viewport);
    const width = () => page.evaluate(() => document.documentElement.scrollWidth);
    await expect.poll(width, { message: `${name} sticks out` }).toBeLessThanOrEqual(viewport.width);
    await fit(page, `${name}, ${size}`);
    await shot(page, `${name}-${size}`);
  }
}

const heading = (page: Page, name: string | RegExp) => page.getByRole("heading", { level: 1, name });

async function signIn(page: Page, username: string, password: string): Promise<void> {
  await go(page, "/sign-in");
  await page.getByLabel("User name").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test("an administrator invites somebody, who chooses a password and is in; the audit log tells it", async ({
  userWith,
  browserOf,
  problems,
}) => {
  problems.allow(SIGNED_OUT);
  const page = await browserOf(await userWith({ role: "admin", displayName: "Mara Lindqvist" }));
  const username = `crew${Date.now()}`;
  let link = "";

  await test.step("people", async () => {
    await go(page, "/users");
    await expect(page.getByRole("row", { name: /Mara Lindqvist/ })).toBeVisible();
    await fits(page, "people");
    await page.getByRole("button", { name: "Add user" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("User name").fill(username);
    await dialog.getByLabel("Full name").fill("Nils Holgersson");
    await fits(page, "people-add");
    await dialog.getByRole("button", { name: "Add user" }).click();
    await expect(page.getByRole("dialog", { name: "Nils Holgersson is added" })).toBeVisible();
    link = (await page.locator("[data-once]").textContent()) ?? "";
    expect(link).toMatch(/\/invite#.+/);
    await page.getByRole("dialog").getByRole("button", { name: "Done" }).click();
  });

  await test.step("the invite", async () => {
    const stranger = await browserOf(null);
    await go(stranger, new URL(link).pathname + new URL(link).hash);
    await expect(heading(stranger, "Welcome, Nils Holgersson")).toBeVisible();
    await fits(stranger, "invite");
    const password = stranger.getByLabel("Password", { exact: true });
    await password.fill("password12");
    problems.allow(/status of 422 .*\/auth\/invite\/accept$/);
    await stranger.getByRole("button", { name: "Set it and sign in" }).click();
    await expect(password).toHaveAttribute("aria-invalid", "true");
    await password.fill("moving geese fly north");
    await stranger.getByRole("button", { name: "Set it and sign in" }).click();
    await expect(stranger.getByRole("button", { name: /^Start / }).first()).toBeVisible();

    problems.allow(/status of 404 .*\/auth\/invite$/);
    const late = await browserOf(null);
    await go(late, new URL(link).pathname + new URL(link).hash);
    await expect(heading(late, "This invite is not good any more")).toBeVisible();
    await fits(late, "invite-used");
  });

  await test.step("a group for them", async () => {
    await go(page, "/users/groups");
    await page.getByRole("button", { name: "Add group" }).first().click();
    await page.getByLabel("Name", { exact: true }).fill(`Deck ${username}`);
    await fits(page, "groups-add");
    await page.getByRole("button", { name: "Add the group" }).click();
    await expect(page.getByRole("row", { name: new RegExp(`^Deck ${username}`) })).toBeVisible();
    await go(page, "/users/groups");
    await fits(page, "groups");
  });

  await test.step("one person in full", async () => {
    await go(page, "/users");
    await page.getByRole("link", { name: "Nils Holgersson" }).click();
    await expect(page.getByRole("complementary", { name: "User" }).or(page.getByRole("dialog"))).toBeVisible();
    await fits(page, "person");
  });

  await test.step("the audit log", async () => {
    await go(page, "/users/audit");
    for (const [action, thing] of [
      ["Mara Lindqvist|sailor\\d+", `added user ${username}`],
      [username, "signed in"],
    ])
      await expect(page.getByRole("row", { name: new RegExp(`(${action}).* ${thing}`) }).first()).toBeVisible();
    await fits(page, "audit");
  });
});

test("one's own account: a token, the second step, another password", async ({ userWith, browserOf, problems }) => {
  problems.allow(SIGNED_OUT);
  // Somebody whom the tests themselves do not call as: their log-ins end here.
  const [username, password] = [`cook${Date.now()}`, "seven ships at anchor"];
  await (await userWith({ role: "admin" })).post("/admin/users", { username, password, role: "user" });
  const page = await browserOf(null);
  await signIn(page, username, password);
  await expect(page.getByRole("button", { name: /^Start / }).first()).toBeVisible();
  await go(page, "/account");
  await expect(heading(page, "Your account")).toBeVisible();
  const places = page.getByRole("list", { name: "Where you are signed in" }).getByRole("listitem");
  await expect(places).toHaveCount(1);
  const dialog = page.getByRole("dialog");
  await fits(page, "account");
  let recovery = "";

  await test.step("a token is shown once", async () => {
    await page.getByRole("button", { name: "Make a token" }).click();
    await page.getByLabel("What it is for").fill("Nightly backup");
    await fits(page, "account-token");
    await page.getByRole("button", { name: "Make the token" }).click();
    const token = (await page.locator("[data-once]").textContent()) ?? "";
    const call = (method: string) =>
      fetch(new URL("/api/v1/desktops", page.url()), { method, headers: { authorization: `Bearer ${token}` } });
    expect([(await call("GET")).status, (await call("POST")).status]).toEqual([200, 403]);
    await dialog.getByRole("button", { name: "Done" }).click();
    await page.getByRole("button", { name: "Delete Nightly backup" }).click();
    await dialog.or(page.getByRole("alertdialog")).getByRole("button", { name: "Delete it" }).click();
    await expect(page.getByText("You have none.")).toBeVisible();
    expect((await call("GET")).status).toBe(401);
  });

  await test.step("the second step", async () => {
    await page.getByRole("button", { name: "Switch it on" }).click();
    await dialog.getByLabel("Your password").fill(password);
    await dialog.getByRole("button", { name: "Go on" }).click();
    const secret = (await dialog.locator("code").textContent()) ?? "";
    await fits(page, "account-second-step");
    await dialog.getByLabel("The code that the app shows").fill(code(secret));
    await dialog.getByRole("button", { name: "Switch it on" }).click();
    const codes = page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
    await expect(codes).toHaveCount(10);
    await fits(page, "account-recovery-codes");
    recovery = (await codes.first().textContent()) ?? "";
    await dialog.getByRole("button", { name: "I have kept them" }).click();
    await expect(page.getByText("10 recovery codes left.")).toBeVisible();
  });

  await test.step("who signs in is asked for it", async () => {
    problems.allow(/status of 401 .*\/auth\/login$/);
    const stranger = await browserOf(null);
    await go(stranger, "/sign-in");
    await fits(stranger, "sign-in");
    await signIn(stranger, username, password);
    await expect(heading(stranger, "Second step")).toBeVisible();
    await fits(stranger, "sign-in-second-step");
    await stranger.getByRole("button", { name: "Use a recovery code" }).click();
    await stranger.getByLabel("Recovery code").fill(recovery);
    await stranger.getByRole("button", { name: "Sign in" }).click();
    await expect(stranger.getByRole("button", { name: /^Start / }).first()).toBeVisible();
    await stranger.close();
  });

  await test.step("another password signs out everywhere else", async () => {
    await go(page, "/account");
    await expect(page.getByText("9 recovery codes left.")).toBeVisible();
    await expect(places).toHaveCount(2);
    await page.getByLabel("Present password").fill(password);
    await page.getByLabel("New password").fill("moving geese fly north");
    await page.getByRole("button", { name: "Change the password" }).click();
    await expect(page.getByText("Your password is changed.")).toBeVisible();
    await go(page, "/account");
    await expect(places).toHaveCount(1);
  });
});

test("templates and registries", async ({ userWith, browserOf }) => {
  const page = await browserOf(await userWith({ role: "admin" }));
  await go(page, "/templates");
  const light = page.getByRole("link", { name: "Light desktop" });
  await expect(light).toBeVisible();
  await fits(page, "templates");

  await test.step("one in full", async () => {
    await light.click();
    const text = page.getByLabel("In a few words");
    const before = await text.inputValue();
    await fits(page, "template");
    await text.fill(`${before} Also at sea.`);
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("row", { name: /^Light desktop/ })).toContainText("Also at sea.");
    await text.fill(before);
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("row", { name: /^Light desktop/ })).not.toContainText("Also at sea.");
  });

  await test.step("a registry's password is never shown again", async () => {
    await go(page, "/templates");
    await page.getByRole("button", { name: "Add registry" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Host").fill("registry.example.org");
    await dialog.getByLabel("Name", { exact: true }).fill("robot");
    await dialog.getByLabel("Password or token").fill("a secret of theirs");
    await fits(page, "registry");
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("signed in as robot")).toBeVisible();
    expect(await page.content()).not.toContain("a secret of theirs");
    await page.getByRole("button", { name: "Delete registry.example.org" }).click();
    await page.getByRole("button", { name: "Delete it" }).click();
    await expect(page.getByText("signed in as robot")).toBeHidden();
  });
});

test("to others the pages of administrators do not exist", async ({ userWith, browserOf }) => {
  const none = { user: ["/queue", "/drift", "/users", "/users/groups", "/users/audit", "/templates"] };
  for (const [role, paths] of [
    ["user", none.user],
    ["operator", none.user.slice(2)],
    ["admin", []],
  ] as const) {
    const page = await browserOf(await userWith({ role }));
    for (const path of none.user) {
      await go(page, path);
      const missing = heading(page, "There is no such page");
      if ((paths as readonly string[]).includes(path)) await expect(missing, `${role} at ${path}`).toBeVisible();
      else await expect(heading(page, /^(Queue|Drift|Users|Templates)$/), `${role} at ${path}`).toBeVisible();
    }
    await go(page, "/account");
    await expect(heading(page, "Your account")).toBeVisible();
  }
});
