// The administrators' pages without a mouse: every place is reached, something is done in each, and the focus is always
// somewhere that one sees.
import type { Page } from "@playwright/test";
import { docker, exists, installationOf, stray } from "../support/engine.ts";
import { focused, seen, tabTo } from "../support/keyboard.ts";
import { Home, Queue } from "../support/pages.ts";
import { expect, test } from "../support/test.ts";

const WIDE = { viewport: { width: 1280, height: 900 } };

/** By the links of the top bar. */
async function visit(page: Page, name: string): Promise<void> {
  await tabTo(page, new RegExp(`^${name}`));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name, exact: true })).toBeVisible();
}

/** An item of the menu that has just been opened. */
async function choose(page: Page, name: string): Promise<void> {
  const item = page.getByRole("menuitem", { name });
  await expect(page.getByRole("menu")).toBeVisible();
  for (let presses = 0; presses < 12; presses += 1) {
    if (await item.evaluate((element) => element === document.activeElement)) return page.keyboard.press("Enter");
    await page.keyboard.press("ArrowDown");
    await seen(page);
  }
  throw new Error(`the arrows never lead to ${name}`);
}

/** Whatever closed, the focus is back at something with this name. */
async function backAt(page: Page, name: RegExp): Promise<void> {
  await expect.poll(() => focused(page), { message: "what has the focus", timeout: 5_000 }).toMatch(name);
  await seen(page);
}

test("the queue: paused and resumed, a job looked at, one cancelled from its menu, one chosen and retried", async ({
  user,
  userWith,
  browserOf,
}) => {
  const admin = await userWith({ role: "admin" });
  const page = await browserOf(admin, WIDE);
  await new Home(page).open();
  await visit(page, "Queue");
  try {
    await tabTo(page, /^Pause/);
    await page.keyboard.press("Enter");
    await backAt(page, /^Resume$/);
    const { id } = await user.create("Anchor");
    const queue = new Queue(page);
    await queue.shows("Start Anchor", "available");

    await test.step("a job opens and closes, and its row has the focus again", async () => {
      await tabTo(page, /^Start Anchor$/);
      await page.keyboard.press("Enter");
      await expect(queue.drawer.getByRole("heading", { name: "Start Anchor" })).toBeVisible();
      await tabTo(page, /^Close$/);
      await page.keyboard.press("Escape");
      await expect(queue.drawer).toHaveCount(0);
      await backAt(page, /^Start Anchor,/);
    });

    await test.step("its menu closes without a choice, and cancels with one", async () => {
      await tabTo(page, /^More for Start Anchor$/);
      await page.keyboard.press("Enter");
      await expect(page.getByRole("menu")).toBeVisible();
      await page.keyboard.press("Escape");
      await backAt(page, /^More for Start Anchor$/);
      await page.keyboard.press("Enter");
      await choose(page, "Cancel start");
      await queue.shows("Start Anchor", "cancelled");
      await backAt(page, /^More for Start Anchor$/);
    });

    await test.step("it is chosen by x, and the question gives the focus back", async () => {
      await page.keyboard.press("x");
      await tabTo(page, /^Retry now$/);
      await page.keyboard.press("Enter");
      const question = page.getByRole("alertdialog", { name: "Retry 1 job?" });
      await expect(question.getByRole("button", { name: "Leave them" })).toBeFocused();
      await page.keyboard.press("Escape");
      await backAt(page, /^Retry now$/);
      await page.keyboard.press("Enter");
      await tabTo(page, /^Retry 1 job$/);
      await page.keyboard.press("Enter");
      await expect(page.getByRole("dialog", { name: "1 job retried" })).toBeVisible();
      await page.keyboard.press("Enter");
      await expect(page.getByRole("dialog")).toHaveCount(0);
      await expect.poll(() => focused(page), { message: "what has the focus" }).not.toBe("");
      await seen(page);
    });

    await test.step("resuming runs it", async () => {
      await tabTo(page, /^Resume$/);
      await page.keyboard.press("Enter");
      await backAt(page, /^Pause/);
      await user.reaches(id, "running");
    });
  } finally {
    await admin.post("/admin/queue/resume");
  }
});

test("drift: compared, a question left, one removed", async ({ desktop, user, userWith, browserOf }) => {
  const page = await browserOf(await userWith({ role: "admin" }), WIDE);
  const { id } = await user.get<{ id: string }>("/me");
  const name = await stray(await installationOf(desktop.id), id);
  try {
    await new Home(page).open();
    await visit(page, "Drift");
    await tabTo(page, /^Compare now$/);
    await page.keyboard.press("Enter");
    const item = page.getByRole("listitem", { name });
    await expect(item).toBeVisible();
    await tabTo(page, /^Remove$/);
    await page.keyboard.press("Enter");
    await backAt(page, /^Leave it$/);
    await page.keyboard.press("Escape");
    await backAt(page, /^Remove$/);
    await page.keyboard.press("Enter");
    await tabTo(page, /^Remove it$/);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("alertdialog")).toHaveCount(0);
    await expect.poll(() => focused(page), { message: "what has the focus" }).not.toBe("");
    await expect(item).toBeHidden({ timeout: 30_000 });
    await expect.poll(() => focused(page), { message: "what has the focus once it is gone" }).not.toBe("");
  } finally {
    if (await exists(name)) await docker("rm", "-f", "-v", name);
  }
});

test("operations is reached and read; users are searched, shown, added, switched off and deleted", async ({
  userWith,
  browserOf,
}) => {
  const admin = await userWith({ role: "admin" });
  const nora = await userWith({ displayName: "Nora Quist" });
  await admin.post("/admin/users", { username: "pat", display_name: "Pat Keel", role: "user", password: admin.password });
  const page = await browserOf(admin, WIDE);
  await new Home(page).open();
  await visit(page, "Operations");
  await expect(page.getByRole("table", { name: "Processes" })).toBeVisible();
  await page.keyboard.press("End");
  await expect(page.getByRole("region", { name: "Slowest calls", exact: true })).toBeInViewport();
  await page.keyboard.press("Home");

  await visit(page, "Users");
  const drawer = page.getByRole("complementary", { name: "User" });
  await test.step("a search finds her, her panel opens and closes", async () => {
    await page.keyboard.press("/");
    await backAt(page, /^Search users$/);
    await page.keyboard.type("Nora");
    await expect(page.locator("tr[data-row]")).toHaveCount(1);
    await tabTo(page, /^Nora Quist$/);
    await page.keyboard.press("Enter");
    await expect(drawer.getByRole("heading", { name: "Nora Quist" })).toBeVisible();
    await tabTo(page, /^Full name/);
    await page.keyboard.press("Escape");
    // Escape in a field is the field's own; anywhere else it closes the panel.
    await tabTo(page, /^Switch off$/);
    await page.keyboard.press("Enter");
    await backAt(page, /^Leave them on$/);
    await page.keyboard.press("Escape");
    await backAt(page, /^Switch off$/);
    await page.keyboard.press("Escape");
    await expect(drawer).toHaveCount(0);
    await backAt(page, /^Nora Quist,/);
  });

  await test.step("she is switched off from the menu of her row, and on again", async () => {
    const row = page.locator('tr[data-row][aria-label^="Nora Quist,"]');
    await tabTo(page, /^More for Nora Quist$/);
    await page.keyboard.press("Enter");
    await choose(page, "Switch off");
    await backAt(page, /^Leave them on$/);
    await page.keyboard.press("Escape");
    await backAt(page, /^More for Nora Quist$/);
    await page.keyboard.press("Enter");
    await choose(page, "Switch off");
    await tabTo(page, /^Switch off$/);
    await page.keyboard.press("Enter");
    await expect(row).toContainText("Switched off");
    await backAt(page, /^More for Nora Quist$/);
    await page.keyboard.press("Enter");
    await choose(page, "Switch on");
    await expect(row).not.toContainText("Switched off");
    await backAt(page, /^More for Nora Quist$/);
    // What she had was ended with it.
    await nora.signInAgain(nora.password);
  });

  await test.step("who is deleted hands the focus to the next row", async () => {
    await page.keyboard.press("/");
    await page.keyboard.press("Control+A");
    await page.keyboard.press("Delete");
    await tabTo(page, /^More for Pat Keel$/);
    await page.keyboard.press("Enter");
    await choose(page, "Delete");
    await tabTo(page, /^Delete$/);
    await page.keyboard.press("Enter");
    await expect(page.locator('tr[data-row][aria-label^="Pat Keel,"]')).toHaveCount(0);
    await expect.poll(() => page.evaluate(() => document.activeElement?.closest("[data-row]") !== null)).toBe(true);
    await seen(page);
  });

  await test.step("dialogs and panels that add give the focus back", async () => {
    await page.keyboard.press("Home");
    await visit(page, "Users");
    await tabTo(page, /^Add user$/);
    await page.keyboard.press("Enter");
    await backAt(page, /^User name$/);
    await page.keyboard.press("Escape");
    await backAt(page, /^Add user$/);
    await tabTo(page, /^Groups/);
    await page.keyboard.press("Enter");
    await tabTo(page, /^Add group$/);
    await page.keyboard.press("Enter");
    await tabTo(page, /^Close$/);
    await page.keyboard.press("Escape");
    await backAt(page, /^Add group$/);
    await tabTo(page, /^Audit log/);
    await page.keyboard.press("Enter");
    await tabTo(page, /switched on$/);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("complementary", { name: "Entry" })).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("complementary", { name: "Entry" })).toHaveCount(0);
    await expect.poll(() => page.evaluate(() => document.activeElement?.closest("[data-row]") !== null)).toBe(true);
    await seen(page);
  });
});

test("templates: one is disabled, enabled and deleted, and a registry's question left", async ({
  userWith,
  browserOf,
}) => {
  const admin = await userWith({ role: "admin" });
  await admin.post("/admin/templates", { name: "Chart table", image: "berth/desktop:latest", memory_mib: 512, cpus: 0.5 });
  const page = await browserOf(admin, WIDE);
  await new Home(page).open();
  await visit(page, "Templates");
  const row = page.locator('tr[data-row][aria-label^="Chart table,"]');
  const drawer = page.getByRole("complementary", { name: "Template" });
  await expect(row).toBeVisible();

  await test.step("the panel of a new one closes, and so does that of one that is there", async () => {
    await tabTo(page, /^Add template$/);
    await page.keyboard.press("Enter");
    await expect(drawer).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(drawer).toHaveCount(0);
    await backAt(page, /^Add template$/);
    await tabTo(page, /^Chart table$/);
    await page.keyboard.press("Enter");
    await expect(drawer.getByRole("heading", { name: "Chart table" })).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(drawer).toHaveCount(0);
    await backAt(page, /^Chart table,/);
  });

  await test.step("its menu disables and enables it", async () => {
    await tabTo(page, /^More for Chart table$/);
    for (const [item, shown] of [
      ["Disable", 1],
      ["Enable", 0],
    ] as const) {
      await page.keyboard.press("Enter");
      await choose(page, item);
      await expect(row.getByText("Disabled")).toHaveCount(shown);
      await backAt(page, /^More for Chart table$/);
    }
  });

  await test.step("deleted, the next row has the focus", async () => {
    await page.keyboard.press("Enter");
    await choose(page, "Delete");
    await backAt(page, /^Keep it$/);
    await page.keyboard.press("Escape");
    await backAt(page, /^More for Chart table$/);
    await page.keyboard.press("Enter");
    await choose(page, "Delete");
    await tabTo(page, /^Delete it$/);
    await page.keyboard.press("Enter");
    await expect(row).toHaveCount(0);
    await expect.poll(() => page.evaluate(() => document.activeElement?.closest("[data-row]") !== null)).toBe(true);
    await seen(page);
  });

  await test.step("a registry's dialog gives the focus back", async () => {
    await tabTo(page, /^Add registry$/);
    await page.keyboard.press("Enter");
    await backAt(page, /^Host$/);
    await page.keyboard.press("Escape");
    await backAt(page, /^Add registry$/);
  });
});
