// What the tests of single pages do not open: errors, dialogs, panels and menus, each in both themes, for those who listen.
import type { Page } from "@playwright/test";
import { fitInBoth } from "../support/fit.ts";
import { go, Home, Queue, Viewer } from "../support/pages.ts";
import { SIGNED_OUT } from "../support/problems.ts";
import { expect, test } from "../support/test.ts";

const WIDE = { viewport: { width: 1280, height: 900 } };

/** Opens it, judges it as it stands, and closes it by Escape. */
async function opened(page: Page, what: string, open: () => Promise<void>): Promise<void> {
  await open();
  const box = page.getByRole("dialog").or(page.getByRole("alertdialog")).or(page.getByRole("menu"));
  await expect(box).toBeVisible();
  await fitInBoth(page, what);
  await page.keyboard.press("Escape");
  await expect(box).toHaveCount(0);
}

async function pick(page: Page, name: string, item: string): Promise<void> {
  await page.getByRole("button", { name: `More for ${name}` }).click();
  await page.getByRole("menuitem", { name: item }).click();
}

test("a user's dialogs, menus and the viewer's cards are without a fault", async ({ user, desktop, browserOf }) => {
  const page = await browserOf(user, WIDE);
  const home = await new Home(page).open();
  await home.shows(desktop.name, "running");
  await home.row(desktop.name).focus();
  await opened(page, "the account's menu", () => page.getByRole("button", { name: /^Account:/ }).click());
  await opened(page, "the theme's menu", () => page.getByRole("button", { name: "Theme" }).click());
  await opened(page, "a desktop's menu", () => page.getByRole("button", { name: `More for ${desktop.name}` }).click());
  await opened(page, "the shortcuts", () => page.keyboard.press("?"));
  await opened(page, "stopping", () => home.row(desktop.name).getByRole("button", { name: "Stop" }).click());
  for (const item of ["Rename", "What happened", "Delete"])
    await opened(page, item, () => pick(page, desktop.name, item));

  const viewer = await new Viewer(page).open(desktop.id);
  for (const panel of ["Clipboard", /^Keys/, /^Picture size/, /^Picture quality/]) {
    const button = await viewer.control(panel);
    await button.click();
    await fitInBoth(page, `the viewer with ${panel} open`);
    await page.keyboard.press("Escape");
  }
  await user.post(`/desktops/${desktop.id}/stop`);
  await expect(viewer.overlay).toBeVisible();
  await user.reaches(desktop.id, "stopped");
  await expect(viewer.overlay.getByRole("heading", { name: /stopped/i })).toBeVisible();
  await fitInBoth(page, "the viewer of a stopped desktop");
});

test("one's own account's dialogs are without a fault", async ({ user, browserOf }) => {
  const page = await browserOf(user, WIDE);
  await go(page, "/account");
  await opened(page, "a new token", () => page.getByRole("button", { name: "Make a token" }).click());
  await opened(page, "the second step", () => page.getByRole("button", { name: "Switch it on" }).click());
  await page.getByRole("button", { name: "Change the password" }).click();
  await fitInBoth(page, "an account with a fault in a field");
});

test("the queue's and the administrators' dialogs and panels are without a fault", async ({
  user,
  userWith,
  browserOf,
}) => {
  test.slow();
  const admin = await userWith({ role: "admin", displayName: "Mara Lindqvist" });
  await userWith({ displayName: "Vera Lund" });
  const page = await browserOf(admin, WIDE);
  await admin.post("/admin/queue/pause");
  try {
    await user.create("Anchor");
    await user.create("Bollard");
    const queue = await new Queue(page).open();
    await queue.shows("Start Anchor", "available");
    await fitInBoth(page, "a paused queue with jobs");
    await opened(page, "a job's menu", () => page.getByRole("button", { name: "More for Start Anchor" }).click());
    await queue.openJob("Start Anchor");
    await fitInBoth(page, "a job that waits");
    await page.keyboard.press("Escape");
    for (const name of ["Start Anchor", "Start Bollard"]) await queue.row(name).getByRole("checkbox").check();
    await fitInBoth(page, "the queue with jobs chosen");
    await opened(page, "cancelling several", () => page.getByRole("button", { name: "Cancel jobs" }).click());
    await go(page, "/queue?q=nobody-of-this-name");
    await expect(page.getByText("No job matches.")).toBeVisible();
    await fitInBoth(page, "a queue in which nothing matches");
  } finally {
    await admin.post("/admin/queue/resume");
  }

  await go(page, "/users");
  await opened(page, "adding somebody", () => page.getByRole("button", { name: "Add user" }).click());
  await opened(page, "a person's menu", () => page.getByRole("button", { name: "More for Vera Lund" }).click());
  for (const item of ["Set a new password", "Make an invite link", "Switch off", "Delete"])
    await opened(page, item, () => pick(page, "Vera Lund", item));
  await go(page, "/users?q=nobody-of-this-name");
  await expect(page.getByText("Nobody matches.")).toBeVisible();
  await fitInBoth(page, "users of whom nobody matches");
  await go(page, "/users/audit");
  await page.getByRole("table", { name: "Audit log" }).locator("tr[data-row]").first().getByRole("link").first().click();
  await expect(page.getByRole("complementary", { name: "Entry" })).toBeVisible();
  await fitInBoth(page, "an entry of the audit log");

  await go(page, "/templates?template=new");
  await page.getByRole("button", { name: "Add the template" }).click();
  await expect(page.getByText("Type a name.")).toBeVisible();
  await fitInBoth(page, "a new template with faults");
  await go(page, "/templates");
  const name = (await page.locator("tr[data-row]").first().getByRole("link").first().textContent()) ?? "";
  await opened(page, "a template's menu", () => page.getByRole("button", { name: `More for ${name}` }).click());
  await opened(page, "deleting a template", () => pick(page, name, "Delete"));
  await opened(page, "a registry", () => page.getByRole("button", { name: "Add registry" }).click());
});

test("what stands there when something fails is without a fault", async ({ userWith, browserOf, problems }) => {
  problems.allow(SIGNED_OUT, /status of (401|404|503)/);
  const page = await browserOf(await userWith({ role: "admin" }), WIDE);
  await go(page, "/nowhere");
  await expect(page.getByRole("heading", { name: "There is no such page" })).toBeVisible();
  await fitInBoth(page, "no such page");

  // Each way that a page has of saying it; the others say it alike.
  const down = { status: 503, contentType: "application/problem+json", body: '{"code":"unavailable","status":503}' };
  for (const [path, api, words] of [
    ["/", /api\/v1\/(desktops|events)(\?|$)/, /could not be loaded/],
    ["/queue", /api\/v1\/admin\/queue$/, /could not be loaded/],
    ["/operations", /api\/v1\/admin\/operations$/, /could not be loaded/],
    ["/users", /api\/v1\/admin\/users(\?|$)/, /could not be loaded/],
  ] as const) {
    await page.route(api, (route) => route.fulfill(down));
    await go(page, path);
    await expect(page.getByRole("alert").filter({ hasText: words }).first()).toBeVisible();
    await fitInBoth(page, `${path} that fails`);
    await page.unroute(api);
  }

  const stranger = await browserOf(null, WIDE);
  await go(stranger, "/sign-in");
  await stranger.getByLabel("User name").fill("nobody");
  await stranger.getByLabel("Password", { exact: true }).fill("not this one");
  await stranger.getByRole("button", { name: "Sign in" }).click();
  await expect(stranger.getByText("That name and password do not go together.")).toBeVisible();
  await fitInBoth(stranger, "sign-in that was refused");
  await go(stranger, "/invite#of-nobody");
  await expect(stranger.getByRole("heading", { name: "This invite is not good any more" })).toBeVisible();
  await fitInBoth(stranger, "an invite that is not good");
});
