// One's own account: the password, the second step, where one is signed in, tokens for programs.
import { randomBytes } from "node:crypto";
import { go } from "../support/pages.ts";
import { SIGNED_OUT } from "../support/problems.ts";
import { expect, shot, signIn, test } from "../support/test.ts";
import { codeOf } from "../support/totp.ts";

test("a new password ends the other log-ins, and the second step asks for the phone", async ({
  user,
  browserOf,
  problems,
}) => {
  test.slow();
  problems.allow(SIGNED_OUT, /status of 401/, /status of 422 .*me\/password$/);
  const page = await browserOf(user, { viewport: { width: 1280, height: 900 } });
  const other = await browserOf(user);
  await go(other, "/");
  await go(page, "/account");
  const places = page.getByRole("list", { name: "Where you are signed in" });
  const password = randomBytes(12).toString("base64url");

  await test.step("a wrong present password and a weak new one are said in words", async () => {
    const present = page.getByLabel("Present password");
    const next = page.getByLabel("New password");
    const change = page.getByRole("button", { name: "Change the password" });
    await present.fill("not this one at all");
    await next.fill(password);
    await change.click();
    await expect(page.getByText("That is not your present password.")).toBeVisible();
    await present.fill(user.password);
    await next.fill("qwertyuiop");
    await change.click();
    await expect(next).toHaveAttribute("aria-invalid", "true");
    await shot(page, "account-weak");
    await next.fill(password);
    await change.click();
    await expect(page.getByText("Your password is changed.", { exact: true })).toBeVisible();
    await expect(other).toHaveURL(/\/sign-in/);
    await user.signInAgain(password);
  });

  let secret = "";
  let recovery = "";
  await test.step("the second step goes on with the app's first code", async () => {
    await page.getByRole("button", { name: "Switch it on" }).click();
    await page.getByLabel("Your password").fill(password);
    await page.getByRole("button", { name: "Go on" }).click();
    const scan = page.getByRole("dialog", { name: "Scan this with the app" });
    secret = ((await scan.locator("code").textContent()) ?? "").replaceAll(" ", "");
    await shot(page, "account-scan");
    await scan.getByLabel("The code that the app shows").fill("000000");
    await scan.getByRole("button", { name: "Switch it on" }).click();
    await expect(scan.getByText("That code is not right.")).toBeVisible();
    await scan.getByLabel("The code that the app shows").fill(codeOf(secret));
    await scan.getByRole("button", { name: "Switch it on" }).click();
    const codes = page.getByRole("dialog", { name: "Keep your recovery codes" });
    recovery = (await codes.getByRole("listitem").first().textContent()) ?? "";
    await shot(page, "account-recovery");
    await codes.getByRole("button", { name: "I have kept them" }).click();
    await expect(page.getByText(/\d+ recovery codes left/)).toBeVisible();
  });

  await test.step("the password alone does not get in; a code does, a recovery code once", async () => {
    await go(other, "/sign-in");
    await other.getByLabel("User name").fill(user.username);
    await other.getByLabel("Password", { exact: true }).fill(password);
    await other.getByRole("button", { name: "Sign in" }).click();
    await expect(other.getByRole("heading", { name: "Second step" })).toBeVisible();
    await other.getByLabel("Code from the app on your phone").fill("123456");
    await other.getByRole("button", { name: "Sign in" }).click();
    await expect(other.getByText("That code is not right, or was used before.")).toBeVisible();
    await shot(other, "sign-in-code");
    await other.getByRole("button", { name: "Use a recovery code" }).click();
    await other.getByLabel("Recovery code").fill(recovery);
    await other.getByRole("button", { name: "Sign in" }).click();
    await expect(other.getByRole("heading", { name: "Nothing moored here yet" })).toBeVisible();
  });

  await test.step("one place is ended from another", async () => {
    await go(page, "/account");
    await expect(places.getByRole("listitem")).toHaveCount(3);
    await places.getByRole("button", { name: /^End Chrome on Linux/ }).click();
    await expect(places.getByRole("listitem")).toHaveCount(2);
    await expect(other).toHaveURL(/\/sign-in/);
  });

  await test.step("and the second step goes off with the password", async () => {
    await page.getByRole("button", { name: "Switch it off" }).click();
    const dialog = page.getByRole("dialog", { name: "Switch off the second step?" });
    await dialog.getByLabel("Your password").fill(password);
    await dialog.getByRole("button", { name: "Switch it off" }).click();
    await expect(page.getByRole("button", { name: "Switch it on" })).toBeVisible();
  });
});

test("a token is shown once, works for what it may, and is refused once deleted", async ({
  berth,
  page,
  context,
  user,
}) => {
  await signIn(context, user);
  await go(page, "/account");
  await page.getByRole("button", { name: "Make a token" }).click();
  const dialog = page.getByRole("dialog", { name: "Make a token" });
  await expect(dialog.getByText("Everything your role may")).toHaveCount(0);
  await dialog.getByRole("button", { name: "Make the token" }).click();
  await expect(dialog.getByText("Type a name, so that you know it again.")).toBeVisible();
  await dialog.getByLabel("What it is for").fill("Nightly backup");
  await dialog.getByRole("button", { name: "Make the token" }).click();
  const made = page.getByRole("dialog", { name: "The token “Nightly backup”" });
  const token = (await made.locator("[data-once]").textContent()) ?? "";
  await shot(page, "account-token");
  await made.getByRole("button", { name: "Done" }).click();
  const ask = async (method: string, path: string) =>
    (await fetch(`${berth.url}/api/v1${path}`, { method, headers: { authorization: `Bearer ${token}` } })).status;
  expect(await ask("GET", "/desktops")).toBe(200);
  expect(await ask("DELETE", "/desktops/01JD7QV3E8AAAAAAAAAAAAAAAA"), "read only").toBe(403);
  const list = page.getByRole("list", { name: "API tokens" });
  await list.getByRole("button", { name: "Delete Nightly backup" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete it" }).click();
  await expect(list.getByRole("listitem")).toHaveCount(0);
  expect(await ask("GET", "/desktops")).toBe(401);
});
