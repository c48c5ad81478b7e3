// Whether those who listen to a page, or cannot tell its colours apart, get along with it.
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** `all`: not only what is serious. */
export async function fit(page: Page, what: string, all = false): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => all || impact === "serious" || impact === "critical");
  const said = serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
  expect(said, `faults on ${what}`).toEqual([]);
}
