// What the engine has and the records do not: shown, and put right by a click. Then both pages for small windows, dark
// rooms, and those who listen.
import { docker, exists, installationOf, stray } from "../support/engine.ts";
import { fit } from "../support/fit.ts";
import { go, Queue } from "../support/pages.ts";
import { expect, shot, test } from "../support/test.ts";

test("a container without a record appears, and is removed by a click", async ({ desktop, user, userWith, browserOf }) => {
  const admin = await userWith({ role: "admin", displayName: "Mara Lindqvist" });
  const page = await browserOf(admin, { viewport: { width: 1280, height: 900 } });
  const { id } = await user.get<{ id: string }>("/me");
  const name = await stray(await installationOf(desktop.id), id);
  try {
    await go(page, "/drift");
    await expect(page.getByRole("heading", { name: "Drift", exact: true })).toBeVisible();
    const item = page.getByRole("listitem", { name });
    const compare = page.getByRole("button", { name: "Compare now" });

    await test.step("it appears with what is known of it, and in the bar", async () => {
      await compare.click();
      await expect(item).toBeVisible();
      await expect(item.getByText("No desktop")).toBeVisible();
      await expect(item).toContainText("Driftwood");
      await expect(page.getByRole("link", { name: /^Drift 1/ })).toBeVisible();
      await fit(page, "drift");
      await shot(page, "drift");
    });

    await test.step("removing asks first, and says when it is under way", async () => {
      await item.getByRole("button", { name: "Remove" }).click();
      const question = page.getByRole("alertdialog", { name: `Remove “${name}”?` });
      await expect(question.getByRole("button", { name: "Leave it" })).toBeFocused();
      await question.getByRole("button", { name: "Remove it" }).click();
      await expect(question).toBeHidden();
    });

    await test.step("it is gone from the engine and from the list; the user's own runs on", async () => {
      await expect(item).toBeHidden({ timeout: 30_000 });
      await expect(page.getByRole("heading", { name: "Records and engine agree" })).toBeVisible();
      await shot(page, "drift-agree");
      expect(await exists(name)).toBe(false);
      expect((await user.desktop(desktop.id)).status).toBe("running");
    });
  } finally {
    if (await exists(name)) await docker("rm", "-f", "-v", name);
  }
});

test("queue and drift fit small windows and dark rooms, without a fault for those who listen", async ({
  desktop,
  userWith,
  browserOf,
}) => {
  const admin = await userWith({ role: "operator", displayName: "Mara Lindqvist" });
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await browserOf(admin, { colorScheme, viewport: { width: 1280, height: 900 } });
    const queue = await new Queue(page).open();
    await queue.shows(`Start ${desktop.name}`, "completed");
    await fit(page, "queue");
    await queue.openJob(`Start ${desktop.name}`);
    await expect(queue.drawer.getByText("Attempt 1", { exact: true })).toBeVisible();
    await fit(page, "a job's drawer");
    await shot(page, `queue-${colorScheme}`);
    await page.keyboard.press("Escape");
    await page.setViewportSize({ width: 320, height: 640 });
    await fit(page, "narrow queue");
    expect(await page.evaluate(() => document.documentElement.scrollWidth), "nothing sticks out").toBe(320);
    await expect(page.getByRole("navigation", { name: "Main" })).toBeInViewport();
    await shot(page, `queue-narrow-${colorScheme}`);
    await page.getByRole("link", { name: "Drift" }).click();
    await expect(page.getByRole("heading", { name: "Drift", exact: true })).toBeVisible();
    await fit(page, "narrow drift");
    expect(await page.evaluate(() => document.documentElement.scrollWidth), "nothing sticks out").toBe(320);
  }
});
