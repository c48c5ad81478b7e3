// The administrators' table while 200 desktops are there and some 20 events come each second: it stays quick, and its
// memory flat. Half a minute of it; BERTH_TEST_BUSY_SECONDS=600 for ten minutes.
import { once } from "node:events";
import type { Page } from "@playwright/test";
import type { Account } from "../support/account.ts";
import { Berth } from "../support/berth.ts";
import { Queue } from "../support/pages.ts";
import { until } from "../support/poll.ts";
import { expect, signIn, test } from "../support/test.ts";

const SECONDS = Number(process.env.BERTH_TEST_BUSY_SECONDS ?? "30");
/** A share of the time that long tasks may take beyond the 50 ms that nobody feels, and the longest of them. */
const MOST_JANK = 0.02;
const LONGEST_MS = 250;
const MOST_GROWTH_MIB = 12;

/** Before anything of the page runs: how long each task took that kept it from answering. */
async function watch(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const tasks: number[] = [];
    Object.assign(window, { longTasks: tasks });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) tasks.push(duration);
    }).observe({ type: "longtask" });
  });
}

/** The tasks since the last time this was asked, in milliseconds. */
function longTasks(page: Page): Promise<number[]> {
  return page.evaluate(() => (window as unknown as { longTasks: number[] }).longTasks.splice(0));
}

/** What is left of the page's memory when nobody holds it. */
async function heapMib(page: Page): Promise<number> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize } = await devtools.send("Runtime.getHeapUsage");
  await devtools.detach();
  return usedSize / 1024 / 1024;
}

async function has190(admin: Account): Promise<boolean> {
  const { counts } = await admin.get<{ counts: { completed: number } }>("/admin/queue");
  return counts.completed >= 190;
}

test("200 desktops, 20 events a second: no jank, and memory stays", async ({ browser, problems }) => {
  test.skip(Boolean(process.env.BERTH_TEST_STACK_URL), "it loads a Berth of its own");
  test.setTimeout((SECONDS + 150) * 1_000);
  const berth = await Berth.own({
    ports: 330,
    settings: {
      BERTH_RUNTIME: "sim",
      BERTH_SIM_START: "1s",
      BERTH_STARTS_PER_HOST: "40",
      BERTH_WORKER_CONCURRENCY: "80",
      BERTH_START_LIMITS: "off",
      BERTH_API_LIMITS: "off",
    },
  });
  const stay = `${SECONDS + 120}s`;
  const many = berth.load("burst", "--users", "95", "--desktops", "2", "--duration", stay, "--viewers", "0");
  const few = berth.load("churn", "--users", "10", "--desktops", "1", "--duration", stay, "--viewers", "0");
  const context = await browser.newContext({ baseURL: berth.url, locale: "en-GB" });
  try {
    problems.listen(context);
    const admin = await berth.user({ role: "admin" });
    await until("200 desktops are there", () => has190(admin), 90_000);
    await signIn(context, admin);
    const page = await context.newPage();
    await watch(page);
    await new Queue(page).open();
    await expect(page.locator("tr[data-row]").first()).toBeVisible();
    const before = await heapMib(page);
    await longTasks(page);
    const events = admin.countEvents("admin", SECONDS * 1_000);
    await page.waitForTimeout(SECONDS * 1_000);
    const tasks = await longTasks(page);
    const after = await heapMib(page);
    const beyond = tasks.reduce((sum, task) => sum + Math.max(0, task - 50), 0) / 1_000 / SECONDS;
    const longest = Math.max(0, ...tasks);
    const said = [
      `${((await events) / SECONDS).toFixed(1)} events a second`,
      `${tasks.length} long tasks, the longest ${longest.toFixed(0)} ms, ${(beyond * 100).toFixed(2)} % of the time`,
      `heap ${before.toFixed(1)} → ${after.toFixed(1)} MiB`,
    ].join("; ");
    console.log(`    ${said}`);
    expect(beyond, "share of the time that tasks took beyond 50 ms").toBeLessThan(MOST_JANK);
    expect(longest, "the longest task").toBeLessThan(LONGEST_MS);
    expect(after - before, "MiB more than at first").toBeLessThan(MOST_GROWTH_MIB);
  } finally {
    await context.close();
    for (const load of [many, few]) {
      if (load.exitCode === null) {
        const ended = once(load, "exit");
        load.kill("SIGINT");
        await ended;
      }
    }
    await berth.close();
  }
});
