// The page's parts as the tests speak of them.
import { expect, type Locator, type Page, type Request } from "@playwright/test";
import type { Status } from "./account.ts";

/** Opens an address. Desktops that start and stop make and remove network interfaces, and a browser on the same machine
 *  then drops what it is just asking for: that is asked again here, for it says nothing of the page. */
export async function go(page: Page, path: string): Promise<void> {
  const dropped = new Set<string>();
  const note = (request: Request) => {
    if (request.failure()?.errorText === NETWORK_CHANGED) dropped.add(request.url());
  };
  page.on("requestfailed", note);
  for (let tries = 1; tries <= 5; tries += 1) {
    dropped.clear();
    await page.goto(path).catch((error: Error) => {
      // The browser's own page about it may come in between.
      if (!error.message.includes(NETWORK_CHANGED) && !error.message.includes("chrome-error:")) throw error;
      dropped.add(path);
    });
    if (dropped.size === 0) break;
  }
  page.off("requestfailed", note);
}

const NETWORK_CHANGED = "net::ERR_NETWORK_CHANGED";

export class Home {
  constructor(readonly page: Page) {}

  async open(): Promise<this> {
    await go(this.page, "/");
    await expect(this.page.getByRole("heading", { level: 1 })).toBeVisible();
    return this;
  }

  row(name: string): Locator {
    return this.page.locator(`[data-row][aria-label^="${name},"]`);
  }

  async shows(name: string, status: Status, timeout = 30_000): Promise<void> {
    await expect(this.row(name)).toHaveAttribute("data-status", status, { timeout });
  }

  openLink(name: string): Locator {
    // The picture beside it is a link of the same name.
    return this.row(name)
      .getByRole("link", { name: `Open ${name}`, exact: true })
      .last();
  }

  get live(): Locator {
    return this.page.getByText("Live", { exact: true });
  }
}

/** What is on the canvas, measured. */
interface Reading {
  width: number;
  height: number;
  colours: number;
  /** Share of the commonest colour. */
  plainest: number;
  /** Mean brightness of each field of a grid. */
  grid: number[];
}

export class Viewer {
  constructor(readonly page: Page) {}

  get screen(): Locator {
    return this.page.getByTestId("screen");
  }

  get overlay(): Locator {
    return this.page.getByTestId("viewer-overlay");
  }

  async open(desktopId: string): Promise<this> {
    await go(this.page, `/desktops/${desktopId}/view`);
    await this.painted();
    return this;
  }

  async connected(timeout = 30_000): Promise<void> {
    await expect(this.page.getByTestId("viewer")).toHaveAttribute("data-phase", "connected", { timeout });
    await expect(this.overlay).toBeHidden();
  }

  /** The desktop's picture is there: a wallpaper has many colours, and none of them everywhere unless windows cover it. */
  async painted({ covered = false } = {}): Promise<Reading> {
    await this.connected();
    await expect
      .poll(async () => (await this.read()).colours, { message: "colours on the canvas" })
      .toBeGreaterThan(300);
    const reading = await this.read();
    expect(reading.plainest, "share of the commonest colour").toBeLessThan(covered ? 0.95 : 0.5);
    return reading;
  }

  read(): Promise<Reading> {
    return this.screen.evaluate((element) => {
      const canvas = element as HTMLCanvasElement;
      const { width, height } = canvas;
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, width, height);
      const counts = new Map<number, number>();
      const [across, down] = [32, 20];
      const sums = Array.from({ length: across * down }, () => [0, 0] as [number, number]);
      for (let y = 0; y < height; y += 3) {
        for (let x = 0; x < width; x += 3) {
          const at = (y * width + x) * 4;
          const [red, green, blue] = [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
          const colour = (red << 16) | (green << 8) | blue;
          counts.set(colour, (counts.get(colour) ?? 0) + 1);
          const field = sums[Math.floor((y / height) * down) * across + Math.floor((x / width) * across)]!;
          field[0] += (red + green + blue) / 3;
          field[1] += 1;
        }
      }
      const all = [...counts.values()];
      const plainest = Math.max(...all) / all.reduce((a, b) => a + b, 0);
      const grid = sums.map(([sum, count]) => Math.round(sum / Math.max(1, count)));
      return { width, height, colours: counts.size, plainest, grid };
    });
  }

  /** Brings the bar by pointer, and gives one of its buttons. */
  async control(name: string | RegExp): Promise<Locator> {
    const { width, height } = this.page.viewportSize() ?? { width: 0, height: 0 };
    await this.page.mouse.move(width / 2, height / 2);
    await this.page.mouse.move(width / 2, 1);
    const button = this.page.getByTestId("viewer-bar").getByRole("button", { name });
    await expect(button).toBeVisible();
    return button;
  }

  /** Types into the desktop: every character as the keyboard of somebody who has it on a key. */
  async type(text: string): Promise<void> {
    const keyboard = await this.page.context().newCDPSession(this.page);
    for (const character of text) {
      if (character === "\n") await this.page.keyboard.press("Enter");
      else if (/^[\x20-\x7e]$/.test(character)) await this.page.keyboard.type(character);
      else {
        // As a French keyboard has é on the key of 2.
        const key = { key: character, code: "Digit2", windowsVirtualKeyCode: 50 };
        await keyboard.send("Input.dispatchKeyEvent", { type: "keyDown", text: character, ...key });
        await keyboard.send("Input.dispatchKeyEvent", { type: "keyUp", ...key });
      }
    }
    await keyboard.detach();
  }
}

/** How different two pictures are: 0 the same, 255 black and white. */
export function difference(a: Reading, b: Reading): number {
  return a.grid.reduce((sum, value, index) => sum + Math.abs(value - (b.grid[index] ?? 0)), 0) / a.grid.length;
}

/** The administrators' queue. */
export class Queue {
  constructor(readonly page: Page) {}

  async open(search = ""): Promise<this> {
    await go(this.page, `/queue${search}`);
    await expect(this.page.getByRole("heading", { name: "Queue", exact: true })).toBeVisible();
    return this;
  }

  /** Jobs of this kind for a desktop of this name: "Start Harbour". */
  row(name: string): Locator {
    return this.page.locator(`tr[data-row][aria-label^="${name},"]`);
  }

  async shows(name: string, state: string): Promise<void> {
    await expect(this.row(name).first()).toHaveAttribute("data-state", state);
  }

  get drawer(): Locator {
    return this.page.getByRole("complementary", { name: "Job" });
  }

  async openJob(name: string): Promise<Locator> {
    await this.row(name).first().getByRole("link").click();
    await expect(this.drawer.getByRole("heading", { name })).toBeVisible();
    return this.drawer;
  }
}
