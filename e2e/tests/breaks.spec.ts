// What breaks in between, and how the page comes back by itself.
import { containerOf } from "../support/engine.ts";
import { difference, Home, Viewer } from "../support/pages.ts";
import { NO_LINE } from "../support/problems.ts";
import { expect, shot, test } from "../support/test.ts";

test("a cut line is said in the viewer and on the home page, and both come back by themselves", async ({
  page,
  context,
  desktop,
  berth,
  problems,
  signedIn,
}) => {
  void signedIn;
  problems.allow(NO_LINE);
  const viewer = await new Viewer(page).open(desktop.id);
  const home = await new Home(await context.newPage()).open();
  await home.shows(desktop.name, "running");
  const before = await viewer.read();

  berth.wire.cut();
  await expect(viewer.overlay).toHaveAttribute("data-kind", "lost");
  await expect(viewer.overlay.getByRole("heading", { name: "Connection lost" })).toBeVisible();
  await expect(home.page.getByText("Reconnecting", { exact: true })).toBeVisible();
  await expect(home.page.getByText("Not connected.")).toBeVisible();
  await expect(home.row(desktop.name).getByRole("button", { name: "Stop" })).toBeDisabled();
  await page.bringToFront();
  await shot(page, "viewer-lost");
  await shot(home.page, "home-not-connected");

  berth.wire.mend();
  await viewer.connected();
  await expect.poll(async () => difference(before, await viewer.read())).toBeLessThan(1);
  await expect(home.live).toBeVisible({ timeout: 20_000 });
  await expect(home.page.getByText("Not connected.")).toBeHidden();
  await expect(home.row(desktop.name).getByRole("button", { name: "Stop" })).toBeEnabled();
});

test("a server killed in the middle of a start goes on with it, and the page catches up", async ({
  page,
  user,
  berth,
  problems,
  signedIn,
}) => {
  test.skip(!berth.ours, "several processes: the stack's own tests kill them");
  void signedIn;
  problems.allow(NO_LINE);
  const home = await new Home(page).open();
  await page.evaluate(() => Object.assign(window, { stayed: true }));
  await page
    .getByRole("button", { name: /^Start / })
    .first()
    .click();
  await expect(page.locator("[data-row]")).toHaveAttribute("data-status", "starting");
  await berth.kill();
  const [name] = ((await page.locator("[data-row]").getAttribute("aria-label")) ?? "").split(",");
  await expect(page.getByText("Reconnecting", { exact: true })).toBeVisible();
  await berth.run();
  await home.shows(name ?? "", "running");
  await expect(home.live).toBeVisible();
  const [desktop] = await user.desktops();
  // Throws when there are two.
  await containerOf(desktop?.id ?? "");
  await home.openLink(name ?? "").click();
  await new Viewer(page).painted();
  expect(await page.evaluate(() => "stayed" in window), "the page was not loaded again").toBe(true);
});
