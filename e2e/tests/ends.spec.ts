// How desktops end, and what the page says about it.
import { docker, Inside } from "../support/engine.ts";
import { Home, Viewer } from "../support/pages.ts";
import { until } from "../support/poll.ts";
import { NOT_RUNNING } from "../support/problems.ts";
import { expect, shot, test } from "../support/test.ts";

test("stopped under its viewer, started again from there, deleted from its row", async ({
  page,
  user,
  desktop,
  problems,
  signedIn,
}) => {
  void signedIn;
  problems.allow(NOT_RUNNING);
  const viewer = await new Viewer(page).open(desktop.id);

  await test.step("stopped", async () => {
    await user.post(`/desktops/${desktop.id}/stop`);
    await expect(viewer.overlay).toHaveAttribute("data-kind", "ended", { timeout: 5_000 });
    await expect(viewer.overlay.getByRole("heading", { name: "This desktop has stopped" })).toBeVisible();
    await expect(viewer.overlay).toContainText("Files in its home folder stay.");
    await shot(page, "viewer-stopped");
  });

  await test.step("started again", async () => {
    await viewer.overlay.getByRole("button", { name: "Start it again" }).click();
    await viewer.painted();
  });

  await test.step("deleted, after a question", async () => {
    await viewer.control("Clipboard");
    await page.getByRole("link", { name: "Back to your desktops" }).click();
    const home = new Home(page);
    await home.shows(desktop.name, "running");
    await shot(page, "home-with-picture");
    const row = home.row(desktop.name);
    await row.getByRole("button", { name: `More for ${desktop.name}` }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    const dialog = page.getByRole("alertdialog");
    await expect(dialog).toContainText("Its home folder goes with it");
    await expect(dialog.getByRole("button", { name: "Keep it" })).toBeFocused();
    await shot(page, "home-delete");
    await dialog.getByRole("button", { name: "Delete it" }).click();
    await expect(row).toHaveCount(0, { timeout: 30_000 });
    await expect(page.getByRole("heading", { name: "Nothing moored here yet" })).toBeVisible();
    const of = ["--filter", `label=berth.desktop=${desktop.id}`];
    await until(
      "nothing of it in the engine",
      async () => (await docker("ps", "-aq", ...of)) + (await docker("volume", "ls", "-q", ...of)) === "",
    );
  });
});

test("a desktop that ends inside is stopped within seconds, on the home page and in its viewer", async ({
  page,
  context,
  desktop,
  problems,
  signedIn,
}) => {
  void signedIn;
  problems.allow(NOT_RUNNING);
  const viewer = await new Viewer(page).open(desktop.id);
  const home = await new Home(await context.newPage()).open();
  await home.shows(desktop.name, "running");
  await (await Inside.of(desktop.id)).logOut();
  await home.shows(desktop.name, "stopped", 8_000);
  await expect(home.row(desktop.name)).toContainText("It ended by itself");
  await expect(viewer.overlay).toHaveAttribute("data-kind", "ended");
  await expect(viewer.overlay).toContainText("It ended by itself");
  await expect(viewer.overlay.getByRole("button", { name: "Start it again" })).toBeVisible();
  await shot(home.page, "home-stopped");
});
