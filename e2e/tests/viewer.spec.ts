// In the desktop: picture, keys, pointer, clipboard, size.
import { Inside } from "../support/engine.ts";
import { difference, Viewer } from "../support/pages.ts";
import { until } from "../support/poll.ts";
import { expect, shot, test } from "../support/test.ts";

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

test("shows the desktop, and takes pointer, keys and both clipboards there", async ({ page, desktop, signedIn }) => {
  void signedIn;
  const viewer = await new Viewer(page).open(desktop.id);
  const inside = await Inside.of(desktop.id);
  await shot(page, "viewer");

  await test.step("a click in the desktop's menu opens a terminal", async () => {
    await page.mouse.click(600, 400, { button: "right" });
    await until("the menu", () => inside.shows("jgmenu"));
    // Its first line, below the pointer.
    await page.mouse.move(660, 410);
    await page.mouse.click(660, 422);
    await until("a terminal", async () => (await inside.activeWindow()) === "lxterminal");
  });

  await test.step("what is typed arrives, accents included", async () => {
    await viewer.type('echo "héllo wörld" > typed.txt\n');
    await until("the typed file", async () => (await inside.file("typed.txt")) === "héllo wörld");
  });

  await test.step("text of the clipboard panel is pasted into the terminal", async () => {
    const text = "Grüße from the panel: 你好 ⚓";
    await (await viewer.control("Clipboard")).click();
    const panel = page.getByRole("dialog", { name: "Clipboard" });
    await panel.getByRole("textbox").fill(text);
    await shot(page, "viewer-clipboard");
    await panel.getByRole("button", { name: "Close" }).click();
    // Takes as many characters as come, and no Enter.
    await viewer.type(`IFS= read -rn ${[...text].length} line; echo "$line" > panel.txt\n`);
    await page.keyboard.press("Control+Shift+KeyV");
    await until("the pasted file", async () => (await inside.file("panel.txt")) === text);
  });

  await test.step("Ctrl+V brings what this computer copied", async () => {
    await viewer.type("mousepad note.txt &\n");
    await until("the editor", async () => (await inside.activeWindow()) === "mousepad");
    await page.evaluate(() => navigator.clipboard.writeText("tide tables — 10 °C"));
    await page.keyboard.press("Control+KeyV");
    await until("the pasted text", () => inside.shows("*~/note.txt - Mousepad"));
    await page.keyboard.press("Control+KeyS");
    await until("the saved note", async () => (await inside.file("note.txt"))?.trim() === "tide tables — 10 °C");
  });

  await test.step("Ctrl+C inside reaches the panel and this computer", async () => {
    await viewer.type(", seen from inside");
    await page.keyboard.press("Control+KeyA");
    await page.keyboard.press("Control+KeyC");
    const text = "tide tables — 10 °C, seen from inside";
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(text);
    await (await viewer.control("Clipboard")).click();
    await expect(page.getByRole("dialog", { name: "Clipboard" }).getByRole("textbox")).toHaveValue(text);
  });
  await shot(page, "viewer-at-work");
});

test("the desktop follows the window's size, and a reload finds it as it was", async ({ page, desktop, signedIn }) => {
  void signedIn;
  const viewer = await new Viewer(page).open(desktop.id);
  const inside = await Inside.of(desktop.id);
  await until("the window's size", async () => (await inside.geometry()) === "1280x800");

  await test.step("another size", async () => {
    await page.setViewportSize({ width: 1040, height: 640 });
    await until("the new size", async () => (await inside.geometry()) === "1040x640");
    await expect.poll(async () => (({ width, height }) => `${width}x${height}`)(await viewer.read())).toBe("1040x640");
    // The wallpaper too: no black edge, no tile.
    await viewer.painted();
  });

  await test.step("a reload", async () => {
    await viewer.screen.click({ position: { x: 900, y: 500 } });
    await page.keyboard.press("Control+Alt+KeyT");
    await until("a terminal", async () => (await inside.activeWindow()) === "lxterminal");
    await viewer.type("PS1='> '; clear; seq 12\n");
    let before = await viewer.read();
    // Until the picture rests.
    await until(
      "a picture at rest",
      async () => {
        const next = await viewer.read();
        const moved = difference(before, next);
        before = next;
        return moved < 0.05;
      },
      10_000,
      400,
    );
    const windows = await inside.windows();
    await page.reload();
    const after = await viewer.painted({ covered: true });
    expect(await inside.windows()).toEqual(windows);
    expect([after.width, after.height]).toEqual([before.width, before.height]);
    await expect
      .poll(async () => difference(before, await viewer.read()), { message: "the same picture" })
      .toBeLessThan(1);
  });
});
