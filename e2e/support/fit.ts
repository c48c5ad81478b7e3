// Whether those who listen to a page, or cannot tell its colours apart, get along with it.
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** No fault at all, however small. */
export async function fit(page: Page, what: string, rules?: string[]): Promise<void> {
  const axe = new AxeBuilder({ page });
  const { violations } = await (rules ? axe.withRules(rules) : axe).analyze();
  const said = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
  expect(said, `faults on ${what}`).toEqual([]);
}

/** The same in both themes, as the page stands: what is open stays open. The second differs in its colours only. */
export async function fitInBoth(page: Page, what: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    // Without motion: a colour on its way would be measured.
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await fit(page, `${what}, ${colorScheme}`, colorScheme === "dark" ? ["color-contrast"] : undefined);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
}
