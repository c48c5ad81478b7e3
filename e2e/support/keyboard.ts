// A page worked by its keys: where the focus is, whether one sees it, and how it is led somewhere.
import { expect, type Page } from "@playwright/test";

/** The name of what has the focus; "" when nothing has it. */
export function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (!element || element === document.body) return "";
    const label = (element as HTMLInputElement).labels?.[0]?.textContent;
    return (element.getAttribute("aria-label") ?? label ?? element.textContent ?? "").trim() || element.tagName;
  });
}

/** Something has the focus, it is on the screen, and it or what is drawn around it looks otherwise than without. */
export async function seen(page: Page): Promise<void> {
  const problem = () =>
    page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return "nothing has the focus";
      const name = element.getAttribute("aria-label") ?? element.textContent ?? element.tagName;
      const { top, bottom, left, right } = element.getBoundingClientRect();
      if (bottom <= 0 || right <= 0 || top >= innerHeight || left >= innerWidth) return `out of sight: ${name}`;
      const ringed = (one: Element | null) => {
        if (!one) return false;
        const { outlineStyle, outlineWidth } = getComputedStyle(one);
        return outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 1;
      };
      // A menu marks its present item by its ground.
      const marked = element.hasAttribute("data-highlighted");
      return ringed(element) || ringed(element.parentElement) || marked ? "" : `no ring around ${name}`;
    });
  await expect.poll(problem, { message: "the focus, as it is seen", timeout: 3_000 }).toBe("");
}

/** Tab, until what has this name has the focus. Each step on the way is to be seen too. */
export async function tabTo(page: Page, name: RegExp, most = 200): Promise<void> {
  const passed: string[] = [];
  for (let presses = 0; presses < most; presses += 1) {
    await page.keyboard.press("Tab");
    const here = await focused(page);
    // Past the last one it goes round by way of the browser itself.
    if (here === "") continue;
    await seen(page);
    if (name.test(here)) return;
    passed.push(here.slice(0, 30));
  }
  throw new Error(`Tab never leads to ${name}, only to ${passed.join(" · ")}`);
}
