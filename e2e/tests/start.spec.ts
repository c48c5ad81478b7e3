// From the door to a desktop's screen.
import { go, Home, Viewer } from "../support/pages.ts";
import { SIGNED_OUT } from "../support/problems.ts";
import { expect, shot, test } from "../support/test.ts";

test("signs in, starts a desktop, sees it come by itself, opens it", async ({ page, user, problems }) => {
  problems.allow(SIGNED_OUT, /status of 401 .*\/auth\/login$/);
  const home = new Home(page);

  await test.step("a wrong password is said in words", async () => {
    await go(page, "/");
    await expect(page).toHaveURL(/\/sign-in$/);
    await page.getByLabel("User name").fill(user.username);
    await page.getByLabel("Password", { exact: true }).fill("not this one");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByText("That name and password do not go together.")).toBeVisible();
    await shot(page, "sign-in-wrong");
  });

  await test.step("the right one leads home, where nothing is moored", async () => {
    await page.getByLabel("Password", { exact: true }).fill(user.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { name: "Nothing moored here yet" })).toBeVisible();
    await expect(home.live).toBeVisible();
    await expect(page.getByRole("button", { name: /^Start / }).first()).toBeEnabled();
    await shot(page, "home-empty");
  });

  await test.step("a start goes through its states without a reload", async () => {
    await page.evaluate(watchRows);
    await page
      .getByRole("button", { name: /^Start / })
      .first()
      .click();
    const row = page.locator("[data-row]");
    await expect(row).toHaveAttribute("data-status", /queued|starting/);
    await expect(row.getByRole("list", { name: "Progress of this start" }).getByRole("listitem")).toContainText([
      "Asked",
      "In line",
      "Create",
      "Boot",
      "Ready",
    ]);
    await expect(row).toHaveAttribute("data-status", "starting");
    await shot(page, "home-starting");
    await expect(row).toHaveAttribute("data-status", "running", { timeout: 30_000 });
    const { statuses, stops } = await page.evaluate(() => (window as unknown as { seen: Seen }).seen);
    expect(statuses.filter((status) => status !== "queued")).toEqual(["starting", "running"]);
    expect(new Set(stops).size, `stops behind it, over time: ${stops.join(" ")}`).toBeGreaterThanOrEqual(3);
    expect(
      [...stops].sort((a, b) => a - b),
      "the mooring line only goes on",
    ).toEqual(stops);
  });

  await test.step("it opens, still in the same page", async () => {
    const [desktop] = await user.desktops();
    await shot(page, "home-running");
    await home.openLink(desktop?.name ?? "").click();
    await new Viewer(page).painted();
    await expect(page).toHaveURL(new RegExp(`/desktops/${desktop?.id}/view$`));
    expect(await page.evaluate(() => "seen" in window), "the page was not loaded again").toBe(true);
  });
});

interface Seen {
  statuses: string[];
  stops: number[];
}

/** Writes down what the first row shows, each time that it changes. Lives as long as the page is not loaded again. */
function watchRows(): void {
  const seen: Seen = { statuses: [], stops: [] };
  Object.assign(window, { seen });
  const look = () => {
    const row = document.querySelector<HTMLElement>("[data-row]");
    const status = row?.dataset.status;
    if (!row || !status) return;
    if (seen.statuses.at(-1) !== status) seen.statuses.push(status);
    const line = [...row.querySelectorAll("ol > li")];
    const at = line.findIndex((stop) => stop.getAttribute("aria-current") === "step");
    if (at >= 0 && seen.stops.at(-1) !== at) seen.stops.push(at);
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
}

test("says that the quota is reached before anybody presses", async ({ userWith, browserOf }) => {
  const user = await userWith({ maxDesktops: 2 });
  await user.create("First mate");
  await user.create("Second mate");
  const page = await browserOf(user);
  const home = await new Home(page).open();
  await home.shows("First mate", "running");
  const panel = page.getByRole("complementary", { name: "Start a desktop" });
  const button = panel.getByRole("button", { name: /^Start / });
  await expect(button).toBeDisabled();
  await expect(button).toHaveAccessibleDescription(/You have all 2\. Delete one you no longer need to make room/);
  await expect(panel.getByText("2 of 2", { exact: true })).toBeVisible();
  await home.shows("Second mate", "running");
  await shot(page, "home-quota");

  await test.step("and takes it back as soon as there is room", async () => {
    const [one] = await user.desktops();
    await user.delete(`/desktops/${one?.id}`);
    await expect(home.row(one?.name ?? "")).toHaveCount(0, { timeout: 30_000 });
    await expect(button).toBeEnabled({ timeout: 3_000 });
  });
});
