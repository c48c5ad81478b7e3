// Who sees what, and the pages of administrators in small windows and dark rooms, for those who listen too.
import { fit } from "../support/fit.ts";
import { go } from "../support/pages.ts";
import { expect, shot, test } from "../support/test.ts";

const PAGES = [
  { path: "/queue", word: "Queue", for: ["operator", "admin"] },
  { path: "/drift", word: "Drift", for: ["operator", "admin"] },
  { path: "/operations", word: "Operations", for: ["operator", "admin"] },
  { path: "/users", word: "Users", for: ["admin"] },
  { path: "/users/groups", word: null, for: ["admin"] },
  { path: "/users/audit", word: null, for: ["admin"] },
  { path: "/templates", word: "Templates", for: ["admin"] },
] as const;

for (const role of ["user", "operator", "admin"] as const) {
  test(`what a person of the role ${role} sees, and what does not exist for them`, async ({ userWith, browserOf }) => {
    const page = await browserOf(await userWith({ role }));
    await go(page, "/account");
    await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
    for (const { path, word, for: who } of PAGES) {
      const may = (who as readonly string[]).includes(role);
      if (word) await expect(page.getByRole("link", { name: new RegExp(`^${word}`) })).toHaveCount(may ? 1 : 0);
      await go(page, path);
      const heading = page.getByRole("heading", { level: 1 });
      await expect(heading).toBeVisible();
      const missing = page.getByRole("heading", { name: "There is no such page" });
      await (may ? expect(missing).toHaveCount(0) : expect(missing).toBeVisible());
      if (!may) await go(page, "/account");
    }
  });
}

test("the administrators' pages fit small windows and dark rooms, without a fault for those who listen", async ({
  userWith,
  browserOf,
}) => {
  test.slow();
  const admin = await userWith({ role: "admin", displayName: "Mara Lindqvist" });
  const { id } = await admin.get<{ id: string }>("/me");
  const { items } = await admin.get<{ items: { id: string }[] }>("/admin/templates");
  const all = {
    operations: "/operations",
    people: "/users",
    person: `/users?user=${id}`,
    groups: "/users/groups",
    "new-group": "/users/groups?group=new",
    audit: "/users/audit",
    templates: "/templates",
    template: `/templates?template=${items[0]?.id}`,
    account: "/account",
  };
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await browserOf(admin, { colorScheme, viewport: { width: 1280, height: 900 } });
    for (const [name, path] of Object.entries(all)) {
      await page.setViewportSize({ width: 1280, height: 900 });
      await go(page, path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await expect(page.getByText(/^(Loading|Beginning)/)).toHaveCount(0);
      await fit(page, name);
      await shot(page, `${name}-${colorScheme}`);
      await page.setViewportSize({ width: 390, height: 844 });
      // The colours are the same ones as above.
      if (colorScheme === "light") await fit(page, `narrow ${name}`);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), `${name}: nothing sticks out`).toBe(390);
      await shot(page, `${name}-narrow-${colorScheme}`);
    }
  }
});
