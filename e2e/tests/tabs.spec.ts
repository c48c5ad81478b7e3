// Many tabs of one browser, one stream of events.
import type { Page, Response } from "@playwright/test";
import { Home } from "../support/pages.ts";
import { expect, test } from "../support/test.ts";

const TABS = 8;
const isStream = (response: Response) => response.ok() && new URL(response.url()).pathname === "/api/v1/events";

test("eight tabs are live over one stream, and closing the one that reads it hands it over", async ({
  context,
  user,
  desktop,
  signedIn,
}) => {
  void signedIn;
  const opened: Response[] = [];
  context.on("response", (response) => isStream(response) && opened.push(response));

  const pages = await Promise.all(Array.from({ length: TABS }, () => context.newPage()));
  const homes = await Promise.all(pages.map((page) => new Home(page).open()));
  await all(homes, (home) => expect(home.live).toBeVisible());
  await all(homes, (home) => home.shows(desktop.name, "running"));
  expect(opened, "streams ever opened").toHaveLength(1);

  await test.step("a change is in every tab within two seconds", async () => {
    await user.post(`/desktops/${desktop.id}/stop`);
    await all(homes, (home) =>
      expect(home.row(desktop.name)).toHaveAttribute("data-status", /stopping|stopped/, { timeout: 2_000 }),
    );
    await all(homes, (home) => home.shows(desktop.name, "stopped"));
  });

  await test.step("the reading tab closes, another one goes on where it was", async () => {
    const leader = opened[0]?.frame().page() as Page;
    await leader.close();
    await expect.poll(() => opened.length, { message: "streams ever opened" }).toBe(2);
    expect(new URL(opened[1]?.url() ?? "").searchParams.get("after"), "resumes after the last event").toBeTruthy();
    const rest = homes.filter((home) => home.page !== leader);
    await user.post(`/desktops/${desktop.id}/start`);
    await all(rest, (home) =>
      expect(home.row(desktop.name)).toHaveAttribute("data-status", /queued|starting|running/, { timeout: 2_000 }),
    );
    await all(rest, (home) => home.shows(desktop.name, "running"));
    await all(rest, (home) => expect(home.live).toBeVisible());
    expect(opened).toHaveLength(2);
  });
});

async function all(homes: Home[], expectation: (home: Home) => Promise<void>): Promise<void> {
  await Promise.all(homes.map(expectation));
}
