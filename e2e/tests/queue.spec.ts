// An administrator steers the queue in one browser; a user sees what it means for them in another, without a reload.
import { go, Home, Queue } from "../support/pages.ts";
import { expect, shot, test } from "../support/test.ts";

test.afterEach(async ({ userWith }) => {
  // A test that failed half way must not leave the queue paused for the next one.
  await (await userWith({ role: "operator" })).post("/admin/queue/resume");
});

test("a pause reaches everybody at once, a start waits through it, and resuming runs it", async ({
  user,
  userWith,
  browserOf,
}) => {
  const admin = await userWith({ role: "admin", displayName: "Mara Lindqvist" });
  const queue = await new Queue(await browserOf(admin)).open();
  const home = await new Home(await browserOf(user)).open();
  await home.page.evaluate(() => Object.assign(window, { stayed: true }));

  await test.step("the user sees the banner", async () => {
    await queue.page.getByRole("button", { name: "Pause queue" }).click();
    await expect(queue.page.getByText("The queue is paused.")).toBeVisible();
    await expect(home.page.getByText(/^Starts are paused by an administrator since \d\d:\d\d\.$/)).toBeVisible({
      timeout: 3_000,
    });
    await shot(home.page, "home-paused");
  });

  await test.step("a start waits, and says why", async () => {
    await home.page
      .getByRole("button", { name: /^Start / })
      .first()
      .click();
    const row = home.page.locator("[data-row]");
    await expect(row).toHaveAttribute("data-status", "queued");
    await expect(row.getByText(/^Paused by an administrator at \d\d:\d\d\.$/)).toBeVisible();
  });

  const [desktop] = await user.desktops();
  const start = `Start ${desktop?.name}`;
  await test.step("the administrator sees it wait for the same reason", async () => {
    await queue.shows(start, "available");
    await expect(queue.row(start)).toContainText("paused by an administrator");
    await expect(queue.page.getByRole("link", { name: /^Queue 1/ })).toBeVisible();
    await shot(queue.page, "queue-paused");
  });

  await test.step("resuming runs it, and its drawer tells how", async () => {
    await queue.page.getByRole("button", { name: "Resume" }).click();
    await home.shows(desktop?.name ?? "", "running");
    await expect(home.page.getByText(/Starts are paused/)).toBeHidden();
    const drawer = await queue.openJob(start);
    await expect(drawer.getByText("Done", { exact: true })).toBeVisible();
    await expect(drawer.getByText("Attempt 1", { exact: true })).toBeVisible();
    await expect(drawer.getByText(/^Done in [\d.]+ s\.$/)).toBeVisible();
    await expect(drawer.getByRole("button", { name: /Cancel|Retry/ })).toHaveCount(0);
    await shot(queue.page, "queue-job");
    await queue.page.keyboard.press("Escape");
    await expect(drawer).toBeHidden();
    await expect(queue.row(start).first()).toBeFocused();
  });
  expect(await home.page.evaluate(() => "stayed" in window), "the user's page was not loaded again").toBe(true);
});

test("an administrator cancels a waiting start and retries it, one by one and by filter", async ({
  user,
  userWith,
  browserOf,
  problems,
}) => {
  problems.allow(/net::ERR_FAILED/, /status of 409 .*\/cancel$/);
  const admin = await userWith({ role: "admin" });
  await admin.post("/admin/queue/pause");
  const names = ["Anchor", "Bollard", "Cleat"];
  for (const name of names) await user.create(name);
  const home = await new Home(await browserOf(user)).open();
  const queue = await new Queue(await browserOf(admin)).open(`?user=${user.username}`);

  await test.step("cancelling stops the user's desktop, by an administrator", async () => {
    const drawer = await queue.openJob("Start Anchor");
    await drawer.getByRole("button", { name: "Cancel start" }).click();
    await expect(drawer.getByText("Cancelled", { exact: true })).toBeVisible();
    await expect(drawer.getByText(new RegExp(`^Cancelled by ${admin.username} at`))).toBeVisible();
    await home.shows("Anchor", "stopped");
    await expect(home.row("Anchor")).toContainText("by an administrator");
  });

  await test.step("what was done meanwhile is said in the drawer", async () => {
    const drawer = await queue.openJob("Start Bollard");
    // Somebody else was quicker, and this page is cut off from hearing of it.
    const { items } = await admin.get<{ items: { id: string; desktop_name: string }[] }>(
      `/admin/jobs?user=${user.username}&state=available`,
    );
    const job = items.find(({ desktop_name }) => desktop_name === "Bollard");
    await queue.page.route("**/api/v1/admin/jobs*", (route) => route.abort());
    await queue.page.route(`**/api/v1/admin/jobs/${job?.id}`, (route) => route.abort());
    await admin.post(`/admin/jobs/${job?.id}/cancel`);
    await drawer.getByRole("button", { name: "Cancel start" }).click();
    await expect(drawer.getByRole("alert")).toContainText(`It was cancelled by ${admin.username}`);
    await queue.page.unrouteAll();
    await queue.page.keyboard.press("Escape");
  });

  await test.step("all that a filter finds, with the number first", async () => {
    await queue.open(`?user=${user.username}&state=cancelled`);
    await queue.row("Start Anchor").getByRole("checkbox").check();
    await queue.page.getByRole("button", { name: /^Select all/ }).click();
    await queue.page.getByRole("button", { name: "Retry now" }).click();
    await queue.page.getByRole("button", { name: "Retry 2 jobs" }).click();
    await expect(queue.page.getByRole("dialog", { name: "2 jobs retried" })).toBeVisible();
    await queue.page.getByRole("button", { name: "Close" }).click();
    await home.shows("Anchor", "queued");
    await home.shows("Bollard", "queued");
  });

  await test.step("and they run", async () => {
    await admin.post("/admin/queue/resume");
    for (const name of names) await home.shows(name, "running");
    await queue.open(`?user=${user.username}`);
    await expect(queue.page.locator("tr[data-row][data-state=completed]")).toHaveCount(3);
    await expect(queue.page.locator("tr[data-row][data-state=cancelled]")).toHaveCount(2);
  });
});

test("to those who only have desktops the administrators' pages do not exist", async ({ page, signedIn }) => {
  void signedIn;
  for (const path of ["/queue", "/drift", "/operations"]) {
    await go(page, path);
    await expect(page.getByRole("heading", { name: "There is no such page" })).toBeVisible();
  }
});

