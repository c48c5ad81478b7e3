// Small windows, dark rooms, keyboards, and those who listen to the page.
import { devices } from "@playwright/test";
import { fit } from "../support/fit.ts";
import { tabTo } from "../support/keyboard.ts";
import { go, Home, Viewer } from "../support/pages.ts";
import { SIGNED_OUT } from "../support/problems.ts";
import { expect, shot, test } from "../support/test.ts";

const PHONE = { ...devices["Pixel 7"], viewport: { width: 390, height: 844 }, defaultBrowserType: undefined };

test("a phone: rows are cards, the start panel is within reach, the viewer's bar is at the bottom", async ({
  user,
  desktop,
  browserOf,
}) => {
  const page = await browserOf(user, PHONE);
  const home = await new Home(page).open();
  await home.shows(desktop.name, "running");
  const width = () => page.evaluate(() => document.documentElement.scrollWidth);
  expect(await width(), "nothing sticks out").toBe(390);
  const card = await home.row(desktop.name).boundingBox();
  expect(card?.width).toBeGreaterThan(330);
  await shot(page, "phone-home");
  await page.getByRole("button", { name: /^Start a desktop/ }).tap();
  await expect(page.getByRole("complementary", { name: "Start a desktop" })).toBeInViewport({ ratio: 0.5 });
  await shot(page, "phone-start");

  await home.openLink(desktop.name).tap();
  const viewer = new Viewer(page);
  await viewer.painted();
  const bar = page.getByTestId("viewer-bar");
  await page.getByTestId("viewer-tab").or(bar).first().waitFor();
  if (await page.getByTestId("viewer-tab").isVisible()) await page.getByTestId("viewer-tab").tap();
  await expect(bar).toBeVisible();
  await shot(page, "phone-viewer");
  const box = await bar.boundingBox();
  expect((box?.y ?? 0) + (box?.height ?? 0), "the bar's lower edge").toBeGreaterThan(800);
  expect(await width()).toBe(390);
});

test("light and dark, wide and narrow, without a fault for those who listen", async ({
  userWith,
  browserOf,
  problems,
}) => {
  problems.allow(SIGNED_OUT);
  const user = await userWith({ displayName: "Ada Lovelace" });
  for (const colorScheme of ["light", "dark"] as const) {
    const stranger = await browserOf(null, { colorScheme });
    await go(stranger, "/sign-in");
    await expect(stranger.getByRole("heading", { name: "Sign in" })).toBeVisible();
    await fit(stranger, "sign-in");
    await shot(stranger, `sign-in-${colorScheme}`);
    const page = await browserOf(user, { colorScheme });
    await new Home(page).open();
    await expect(page.getByRole("button", { name: /^Start / }).first()).toBeVisible();
    await fit(page, "empty home");
    await shot(page, `home-empty-${colorScheme}`);
  }
  const running = await user.running("Lighthouse");
  await user.running("Chart room");
  const stopped = await user.create("Dry dock");
  await user.post(`/desktops/${stopped.id}/stop`);
  await user.reaches(stopped.id, "stopped");
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await browserOf(user, { colorScheme, viewport: { width: 1280, height: 900 } });
    const home = await new Home(page).open();
    await home.shows("Dry dock", "stopped");
    const viewer = await new Viewer(page).open(running.id);
    await viewer.control("Clipboard");
    await fit(page, "viewer");
    await home.open();
    await home.shows("Lighthouse", "running");
    await fit(page, "home");
    await shot(page, `home-${colorScheme}`);
    await page.setViewportSize({ width: 390, height: 844 });
    await fit(page, "narrow home");
    await shot(page, `home-narrow-${colorScheme}`);
  }
});

test("with the keyboard alone: start, open, reach the controls, and back", async ({ page, signedIn }) => {
  void signedIn;
  const home = await new Home(page).open();
  await tabTo(page, /^Start /);
  await page.keyboard.press("Enter");
  const row = page.locator("[data-row]");
  await expect(row).toHaveAttribute("data-status", "running", { timeout: 30_000 });
  const [name] = ((await row.getAttribute("aria-label")) ?? "").split(",");
  await tabTo(page, new RegExp(`^Open ${name}`));
  await page.keyboard.press("Enter");
  const viewer = new Viewer(page);
  await viewer.painted();
  await expect(viewer.screen).toBeFocused();
  await page.keyboard.press("Control+Alt+Shift");
  await expect(page.getByRole("link", { name: "Back to your desktops" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(viewer.screen).toBeFocused();
  await page.keyboard.press("Control+Alt+Shift");
  await expect(page.getByRole("link", { name: "Back to your desktops" })).toBeFocused();
  await page.keyboard.press("Enter");
  await home.shows(name ?? "", "running");
});
