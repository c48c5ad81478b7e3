// What may be started, as administrators decide it, and what users then see.
import { go } from "../support/pages.ts";
import { expect, shot, test } from "../support/test.ts";

test("a template is added, ordered, disabled and deleted, and users see what is so", async ({
  user,
  userWith,
  browserOf,
  problems,
}) => {
  test.slow();
  problems.allow(/status of 422 .*admin\/templates/, /status of 409 .*\/pull$/);
  const admin = await userWith({ role: "admin" });
  const page = await browserOf(admin, { viewport: { width: 1280, height: 900 } });
  const home = await browserOf(user);
  const rows = page.getByRole("table", { name: "Templates" }).locator("tr[data-row]");
  const drawer = page.getByRole("complementary", { name: "Template" });
  const mine = page.locator('tr[data-row][aria-label^="Chart table,"]');
  const choice = home.getByRole("radio", { name: /Chart table/ });
  const more = async (item: string) => {
    await page.getByRole("button", { name: "More for Chart table" }).click();
    await page.getByRole("menuitem", { name: item }).click();
  };

  await test.step("what does not fit is said at its field", async () => {
    await go(page, "/templates");
    await expect(rows).toHaveCount(2);
    await page.getByRole("button", { name: "Add template" }).click();
    await drawer.getByRole("button", { name: "Add the template" }).click();
    await expect(drawer.getByText("Type a name.")).toBeVisible();
    await drawer.getByLabel("Name", { exact: true }).fill("Chart table");
    await drawer.getByLabel("Image", { exact: true }).fill("berth/desktop latest; rm");
    await drawer.getByRole("button", { name: "Add the template" }).click();
    await expect(drawer.getByText("Write it as host/path:tag")).toBeVisible();
    await drawer.getByLabel("Image", { exact: true }).fill("berth/desktop:latest");
    await drawer.getByLabel("CPUs").fill("900");
    await drawer.getByRole("button", { name: "Add a variable" }).click();
    await drawer.getByLabel("Name of variable 1").fill("TZ");
    await drawer.getByLabel("Value of variable 1").fill("Europe/Lisbon");
    await drawer.getByRole("button", { name: "Add the template" }).click();
    await expect(drawer.getByLabel("CPUs")).toHaveAttribute("aria-invalid", "true");
    await shot(page, "templates-fault");
    await drawer.getByLabel("CPUs").fill("0.5");
    await drawer.getByRole("button", { name: "Add the template" }).click();
    await expect(drawer.getByRole("heading", { name: "Chart table" })).toBeVisible();
    // The worker looks for images now and then, and the page asks now and then what it saw.
    await expect(mine).toContainText("Present", { timeout: 60_000 });
    await shot(page, "templates");
  });

  await test.step("users may choose it", async () => {
    await go(home, "/");
    await expect(home.getByText("Chart table").first()).toBeVisible();
  });

  await test.step("an image of this server's own is not pulled, and the page says why", async () => {
    await drawer.getByRole("button", { name: "Pull the image" }).click();
    await expect(drawer.getByRole("alert")).toContainText("is not downloaded");
  });

  await test.step("up, down, and out of sight", async () => {
    // It lies over the end of the rows.
    await page.keyboard.press("Escape");
    await expect(drawer).toHaveCount(0);
    await more("Move up");
    await expect(rows.nth(1)).toHaveAttribute("aria-label", /^Chart table,/);
    await more("Disable");
    await expect(mine).toContainText("Disabled");
    await go(home, "/");
    await expect(home.getByRole("button", { name: /^Start / }).first()).toBeVisible();
    await expect(choice).toHaveCount(0);
    await expect(home.getByText("Chart table")).toHaveCount(0);
  });

  await test.step("deleted", async () => {
    await more("Delete");
    await page.getByRole("alertdialog").getByRole("button", { name: "Delete it" }).click();
    await expect(mine).toHaveCount(0);
    await expect(rows).toHaveCount(2);
  });

  await test.step("a registry's sign-in is kept and never shown again", async () => {
    await page.getByRole("button", { name: "Add registry" }).click();
    const dialog = page.getByRole("dialog", { name: "Add a registry" });
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog.getByText("Fill in all of them.")).toBeVisible();
    await dialog.getByLabel("Host").fill("registry.example:5000");
    await dialog.getByLabel("Name").fill("berth-pull");
    await dialog.getByLabel("Password or token").fill("a secret that stays");
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("signed in as berth-pull")).toBeVisible();
    await page.getByRole("button", { name: "Change registry.example:5000" }).click();
    await expect(page.getByLabel("Password or token")).toHaveValue("");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Delete registry.example:5000" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Delete it" }).click();
    await expect(page.getByText("signed in as berth-pull")).toHaveCount(0);
  });
});
