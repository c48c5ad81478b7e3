// Administrators and the people they look after: adding, limits, switching off, deleting; groups; the audit log.
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { Account } from "../support/account.ts";
import { go, Home } from "../support/pages.ts";
import { SIGNED_OUT } from "../support/problems.ts";
import { expect, shot, test } from "../support/test.ts";

const WIDE = { viewport: { width: 1280, height: 900 } };
const drawer = (page: Page) => page.getByRole("complementary", { name: "User" });
const row = (page: Page, name: string) => page.locator(`tr[data-row][aria-label^="${name},"]`);
const secret = () => randomBytes(12).toString("base64url");

async function pick(page: Page, name: string, item: string): Promise<void> {
  await page.getByRole("button", { name: `More for ${name}` }).click();
  await page.getByRole("menuitem", { name: item }).click();
}

test("somebody is invited, comes in, gets limits, is switched off and deleted", async ({
  userWith,
  browserOf,
  problems,
}) => {
  test.slow();
  problems.allow(SIGNED_OUT, /status of 40[14]/, /status of 422 .*invite\/accept$/);
  const admin = await userWith({ role: "admin", displayName: "Mara Lindqvist" });
  const page = await browserOf(admin, WIDE);
  const hers = await browserOf(null);
  let link = "";

  await test.step("added with a link that is shown once", async () => {
    await go(page, "/users");
    await page.getByRole("button", { name: "Add user" }).click();
    const dialog = page.getByRole("dialog", { name: "Add a user" });
    await dialog.getByRole("button", { name: "Add user" }).click();
    await expect(dialog.getByText("Type the name they sign in with.")).toBeVisible();
    await dialog.getByLabel("User name").fill("Nora Quay");
    await dialog.getByRole("button", { name: "Add user" }).click();
    await expect(dialog.getByLabel("User name")).toHaveAttribute("aria-invalid", "true");
    problems.allow(/status of 422 .*admin\/users$/);
    await dialog.getByLabel("User name").fill("nora");
    await dialog.getByLabel("Full name").fill("Nora Quay");
    await shot(page, "people-add");
    await dialog.getByRole("button", { name: "Add user" }).click();
    const made = page.getByRole("dialog", { name: "Nora Quay is added" });
    link = (await made.locator("[data-once]").textContent()) ?? "";
    expect(link).toMatch(/\/invite#.{20,}$/);
    await shot(page, "people-invited");
    await made.getByRole("button", { name: "Done" }).click();
    await expect(row(page, "Nora Quay")).toContainText("Invited");
  });

  const password = secret();
  await test.step("she chooses a password, and not one that everybody uses", async () => {
    await go(hers, new URL(link).pathname + new URL(link).hash);
    await expect(hers.getByRole("heading", { name: "Welcome, Nora Quay" })).toBeVisible();
    await shot(hers, "invite");
    const field = hers.getByLabel("Password", { exact: true });
    await field.fill("password12");
    await hers.getByRole("button", { name: "Set it and sign in" }).click();
    await expect(field).toHaveAttribute("aria-invalid", "true");
    await field.fill(password);
    await hers.getByRole("button", { name: "Set it and sign in" }).click();
    await expect(hers.getByRole("heading", { name: "Nothing moored here yet" })).toBeVisible();
  });

  await test.step("the link is good for nothing afterwards", async () => {
    const late = await browserOf(null);
    problems.allow(/status of 404 .*auth\/invite$/);
    await go(late, new URL(link).pathname + new URL(link).hash);
    await expect(late.getByRole("heading", { name: "This invite is not good any more" })).toBeVisible();
  });

  await test.step("limits of her own", async () => {
    await row(page, "Nora Quay").getByRole("link").click();
    await expect(drawer(page).getByRole("heading", { name: "Nora Quay" })).toBeVisible();
    await drawer(page).getByRole("textbox", { name: "Desktops" }).fill("1");
    await drawer(page).getByRole("textbox", { name: "Starts" }).fill("two a day");
    problems.allow(/status of 422 .*admin\/users\//);
    await drawer(page).getByRole("button", { name: "Save" }).click();
    await expect(drawer(page).getByRole("textbox", { name: "Starts" })).toHaveAttribute("aria-invalid", "true");
    await drawer(page).getByRole("textbox", { name: "Starts" }).fill("2/minute, 9/day");
    await drawer(page).getByRole("button", { name: "Save" }).click();
    await expect(drawer(page).getByText("0 of 1 desktops their own")).toBeVisible();
    await expect(drawer(page).getByText("Starts: 2 a minute, 9 a day their own")).toBeVisible();
    await expect(drawer(page).getByText("Chrome on Linux")).toBeVisible();
    await shot(page, "people-drawer");
    await go(hers, "/");
    await expect(hers.getByRole("img", { name: "0 of 1 in use" })).toBeVisible();
  });

  await test.step("switched off: her page is signed out at once", async () => {
    await drawer(page).getByRole("button", { name: "Switch off" }).click();
    const question = page.getByRole("alertdialog", { name: "Switch off Nora Quay?" });
    await expect(question.getByRole("button", { name: "Leave them on" })).toBeFocused();
    await question.getByRole("button", { name: "Switch off" }).click();
    await expect(hers).toHaveURL(/\/sign-in/);
    await expect(row(page, "Nora Quay")).toContainText("Switched off");
    await drawer(page).getByRole("button", { name: "Switch on" }).click();
    await expect(row(page, "Nora Quay")).not.toContainText("Switched off");
  });

  await test.step("deleted: the row leaves", async () => {
    await drawer(page).getByRole("button", { name: "Delete" }).click();
    await page.getByRole("alertdialog", { name: "Delete Nora Quay?" }).getByRole("button", { name: "Delete" }).click();
    await expect(row(page, "Nora Quay")).toHaveCount(0);
  });

  await test.step("the audit log has all of it, and gives it away as a file", async () => {
    await page.getByRole("link", { name: "Audit log" }).click();
    const log = page.getByRole("table", { name: "Audit log" });
    for (const done of ["added user nora", "made an invite link for", "switched off user nora", "deleted user nora"])
      await expect(log).toContainText(done);
    await page.getByLabel("Action").selectOption({ label: "User deleted" });
    await expect(log.locator("tr[data-row]").filter({ hasText: "nora" })).toHaveCount(1);
    const file = page.waitForEvent("download");
    await page.getByRole("link", { name: "Export" }).click();
    const lines = (await readFile(await (await file).path(), "utf8")).trim().split("\n");
    const last = JSON.parse(lines.at(-1) ?? "") as { action: string; target: { name: string } };
    expect(last).toMatchObject({ action: "user.delete", target: { name: "nora" } });
    await log.getByRole("link").first().click();
    await expect(page.getByRole("complementary", { name: "Entry" })).toBeVisible();
    await shot(page, "audit");
  });
});

test("who is deleted leaves their desktops to somebody else", async ({ berth, user, userWith, browserOf }) => {
  const admin = await userWith({ role: "admin" });
  const password = secret();
  await admin.post("/admin/users", { username: "otto", display_name: "Otto", role: "user", password });
  const otto = await Account.signIn(berth.url, "otto", password);
  const desktop = await otto.create("Old chart");
  await otto.reaches(desktop.id, "running");
  const page = await browserOf(admin, WIDE);
  await go(page, "/users");
  await pick(page, "Otto", "Delete");
  const question = page.getByRole("alertdialog", { name: "Delete Otto?" });
  await question.getByRole("button", { name: "Delete" }).click();
  await expect(question.getByText("Choose what becomes of them.")).toBeVisible();
  await question.getByText("Give it to somebody else").click();
  await question.getByLabel("Who gets them").fill(user.username);
  await shot(page, "people-delete");
  await question.getByRole("button", { name: "Delete" }).click();
  await expect(row(page, "Otto")).toHaveCount(0);
  const home = await new Home(await browserOf(user)).open();
  await home.shows("Old chart", "running");
});

test("a group gives its members their limits", async ({ userWith, browserOf }) => {
  const admin = await userWith({ role: "admin" });
  const member = await userWith({ displayName: "Ines Costa" });
  const page = await browserOf(admin, WIDE);
  const group = page.getByRole("complementary", { name: "Group" });
  await go(page, "/users/groups");
  await page.getByRole("button", { name: "Add group" }).click();
  await group.getByRole("button", { name: "Add the group" }).click();
  await expect(group.getByText("Type a name.")).toBeVisible();
  await group.getByLabel("Name").fill("Course 101");
  await group.getByRole("textbox", { name: "Desktops" }).fill("2");
  await group.getByRole("button", { name: "Add the group" }).click();
  await expect(group.getByRole("heading", { name: "Course 101" })).toBeVisible();
  await go(page, "/users");
  await expect(row(page, "Ines Costa")).toBeVisible();
  await row(page, "Ines Costa").getByRole("link").click();
  await drawer(page).getByLabel("Group").selectOption("Course 101");
  await drawer(page).getByRole("button", { name: "Save" }).click();
  await expect(drawer(page).getByText("0 of 2 desktops from the group")).toBeVisible();
  expect((await member.get<{ desktops: { limit: number } }>("/limits")).desktops.limit).toBe(2);
  await go(page, "/users/groups");
  await expect(row(page, "Course 101")).toContainText("2 desktops");
  await row(page, "Course 101").getByRole("link").first().click();
  await shot(page, "groups");
  await group.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete the group" }).click();
  await expect(row(page, "Course 101")).toHaveCount(0);
});
