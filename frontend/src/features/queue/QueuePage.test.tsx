import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, it } from "vitest";
import { queryClient, type Job } from "@/lib/api";
import { adminQueue, jobDetail, jobThat, quietQueue, worker } from "@/testing/adminFactories";
import { user } from "@/testing/factories";
import { renderPage } from "@/testing/render";
import { api, list, problem, server } from "@/testing/server";
import { QueuePage } from "./QueuePage";

const ADMIN = user({ username: "mara", display_name: "Mara Lindqvist", role: "admin" });
const rows = () => screen.getAllByRole("row").filter((row) => row.dataset.row);
const row = (name: string) => screen.getByRole("row", { name: new RegExp(`^${name},`) });
const drawer = () => within(screen.getByRole("complementary", { name: "Job" }));

/** Newest first, as the api sorts them. */
function six(): Job[] {
  return [
    jobThat("discarded", { desktop_name: "Build box" }),
    jobThat("completed", { kind: "desktop.stop", desktop_name: "Field maps" }),
    jobThat("running", { desktop_name: "Survey data" }),
    jobThat("available", { desktop_name: "Course week 3", user_display_name: "Jonas Weber" }),
    jobThat("retryable", { desktop_name: "lab-12" }),
    jobThat("retryable", { desktop_name: "lab-07" }),
  ].reverse();
}

/** Answers lists by state and search, and one job by its id. */
function jobs(all: Job[]) {
  return [
    http.get(api("/admin/jobs"), ({ request }) => {
      const search = new URL(request.url).searchParams;
      const states = search.get("state")?.split(",");
      const q = search.get("q")?.toLowerCase() ?? "";
      return list(
        all.filter(
          (job) => (!states || states.includes(job.state)) && (job.desktop_name ?? "").toLowerCase().includes(q),
        ),
      );
    }),
    http.get(api("/admin/jobs/:id"), ({ params }) => {
      const found = all.find((job) => job.id === params.id);
      return found ? HttpResponse.json(jobDetail(found)) : problem(404, "not_found");
    }),
  ];
}

async function show(all = six(), ...handlers: Parameters<typeof server.use>) {
  server.use(...handlers, ...jobs(all));
  const page = renderPage(<QueuePage />, ADMIN);
  await screen.findByRole("heading", { name: "Queue" });
  await screen.findByRole("link", { name: /^All/ });
  return { ...page, all };
}

it("shows the figures with their numbers, the workers, and every job with its word", async () => {
  await show();
  await waitFor(() => expect(rows()).toHaveLength(6));
  expect(await screen.findByText("Taking jobs")).toBeInTheDocument();
  expect(screen.getByRole("img", { name: "Oldest wait in the last 30 minutes, now 41 s" })).toBeInTheDocument();
  expect(screen.getByRole("img", { name: "4 of 4 start slots busy" })).toBeInTheDocument();
  const workers = within(await screen.findByRole("list", { name: "Workers" }));
  expect(workers.getAllByRole("listitem")).toHaveLength(4);
  expect(workers.getByText("3 jobs given to others")).toBeInTheDocument();
  expect(workers.getByText("Draining: 2 to finish")).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "Retryable 3" })).toBeInTheDocument();
  expect(row("Start Course week 3")).toHaveTextContent("3rd in line, about 25 s: no free start slot");
  expect(row("Start Survey data")).toHaveTextContent("dock-01-3301");
});

it("pauses and resumes, and says who and when", async () => {
  const paused = adminQueue({ paused: { by: "mara", at: new Date().toISOString() } });
  const { press } = await show(
    six(),
    http.post(api("/admin/queue/pause"), () => HttpResponse.json(paused)),
    http.post(api("/admin/queue/resume"), () => HttpResponse.json(adminQueue())),
  );
  await press.click(await screen.findByRole("button", { name: "Pause queue" }));
  const banner = (await screen.findByText("The queue is paused.")).closest("[role=status]");
  expect(banner).toHaveTextContent(/mara paused it at \d\d:\d\d:\d\d\. 37 starts wait/);
  expect(screen.queryByRole("button", { name: "Pause queue" })).not.toBeInTheDocument();
  await press.click(screen.getByRole("button", { name: "Resume" }));
  await screen.findByRole("button", { name: "Pause queue" });
  expect(screen.queryByText("The queue is paused.")).not.toBeInTheDocument();
});

it("is red without a worker and without the engine, amber for a worker that fell silent until that is dismissed", async () => {
  const [node] = adminQueue().nodes;
  const { press } = await show(
    six(),
    http.get(api("/admin/queue"), () =>
      HttpResponse.json(adminQueue({ nodes: [{ ...node!, engine_up: false, engine_error: "no socket" }] })),
    ),
  );
  expect(await screen.findByRole("alert")).toHaveTextContent("The engine on dock-01 does not answer.");
  const silent = await screen.findByText(/dock-01-3303 fell silent 1\d s ago/);
  await press.click(screen.getByRole("button", { name: "See its 3 jobs" }));
  expect(new URLSearchParams(location.search).get("worker")).toMatch(/^dock-01-3303/);
  await press.click(screen.getByRole("button", { name: "Hide this notice" }));
  expect(silent).not.toBeInTheDocument();
});

it("says that no worker is running", async () => {
  await show(
    six(),
    http.get(api("/admin/queue"), () => HttpResponse.json(adminQueue({ workers: 0, nodes: [] }))),
    http.get(api("/admin/workers"), () => list([])),
  );
  expect(await screen.findByRole("alert")).toHaveTextContent(/No worker is running\. 37 jobs wait since/);
});

it("keeps its filters in the address, and offers the way back when nothing matches", async () => {
  const { press } = await show();
  await waitFor(() => expect(rows()).toHaveLength(6));
  await press.click(screen.getByRole("link", { name: "Retryable 3" }));
  await waitFor(() => expect(rows()).toHaveLength(2));
  expect(location.search).toBe("?state=retryable");
  await press.keyboard("/");
  await press.keyboard("zzz");
  expect(await screen.findByText("No job matches.")).toBeInTheDocument();
  expect(location.search).toBe("?state=retryable&q=zzz");
  await press.click(screen.getByRole("button", { name: "Clear the filters" }));
  await waitFor(() => expect(rows()).toHaveLength(6));
  expect(location.search).toBe("");
  expect(screen.getByRole("searchbox")).toHaveValue("");
});

it("opens a job beside the table, walks by arrow, and hands the focus back", async () => {
  const { press, all } = await show();
  await waitFor(() => expect(rows()).toHaveLength(6));
  await press.keyboard("j");
  expect(rows()[0]).toHaveFocus();
  await press.keyboard("{Enter}");
  expect(drawer().getByRole("heading", { name: "Start lab-07" })).toBeInTheDocument();
  expect(new URLSearchParams(location.search).get("job")).toBe(all[0]?.id);
  expect(await drawer().findByText("Attempt 1")).toBeInTheDocument();
  expect(drawer().getByText("Lost")).toBeInTheDocument();
  await press.click(drawer().getByRole("button", { name: "Job below" }));
  expect(await drawer().findByRole("heading", { name: "Start lab-12" })).toBeInTheDocument();
  await press.keyboard("k");
  expect(await drawer().findByRole("heading", { name: "Start lab-07" })).toBeInTheDocument();
  await press.keyboard("{Escape}");
  expect(screen.queryByRole("complementary", { name: "Job" })).not.toBeInTheDocument();
  expect(row("Start lab-07")).toHaveFocus();
  expect(location.search).toBe("");
});

it("offers what the server accepts: nothing for a completed job, and the refusal's own words when it came too late", async () => {
  const { press } = await show(
    six(),
    http.post(api("/admin/jobs/:id/cancel"), () =>
      problem(409, "job_finished", "It is done already: completed at 12:04:31."),
    ),
  );
  await press.click(await screen.findByRole("link", { name: "Stop Field maps" }));
  await drawer().findByRole("heading", { name: "Stop Field maps" });
  expect(drawer().queryByRole("button", { name: /Cancel|Retry/ })).not.toBeInTheDocument();
  await press.click(screen.getByRole("link", { name: "Start Survey data" }));
  await drawer().findByRole("heading", { name: "Start Survey data" });
  const cancel = drawer().getByRole("button", { name: "Cancel start" });
  expect(cancel).toHaveAccessibleDescription("Priya’s desktop will be stopped.");
  await press.click(cancel);
  expect(await drawer().findByRole("alert")).toHaveTextContent("It is done already: completed at 12:04:31.");
});

it("retries from the keyboard and from the menu, and shows the job as the answer says", async () => {
  const asked: string[] = [];
  const all = six();
  const { press } = await show(
    all,
    http.post(api("/admin/jobs/:id/retry"), ({ params }) => {
      asked.push(String(params.id));
      const found = all.find((job) => job.id === params.id)!;
      return HttpResponse.json(jobDetail({ ...found, state: "available", actions: ["cancel"] }), { status: 202 });
    }),
  );
  await waitFor(() => expect(rows()).toHaveLength(6));
  await press.keyboard("jr");
  await waitFor(() => expect(row("Start lab-07")).toHaveAttribute("data-state", "available"));
  await press.click(screen.getByRole("button", { name: "More for Start lab-12" }));
  await press.click(await screen.findByRole("menuitem", { name: "Retry now" }));
  await waitFor(() => expect(row("Start lab-12")).toHaveAttribute("data-state", "available"));
  expect(asked).toEqual([all[0]?.id, all[1]?.id]);
});

it("acts on all that a filter finds, with the server's number before the question", async () => {
  const asked: unknown[] = [];
  const { press } = await show(
    six(),
    http.post(api("/admin/jobs/cancel"), async ({ request }) => {
      const body = (await request.json()) as { dry_run: boolean };
      asked.push(body);
      const refused = [{ id: "x", code: "has_begun", detail: "It has begun." }];
      return HttpResponse.json({ matched: 30, eligible: 29, changed: body.dry_run ? 0 : 29, refused });
    }),
  );
  await waitFor(() => expect(rows()).toHaveLength(6));
  await press.keyboard("jx");
  const bar = within(screen.getByRole("region", { name: "Selected jobs" }));
  expect(bar.getByText("1 selected")).toBeInTheDocument();
  await press.click(bar.getByRole("button", { name: "Select all 3 retryable" }));
  await press.click(bar.getByRole("button", { name: "Cancel jobs" }));
  const dialog = within(await screen.findByRole("alertdialog", { name: "Cancel 29 jobs?" }));
  expect(dialog.getByText(/1 other of the 30 cannot be cancelled now/)).toBeInTheDocument();
  expect(dialog.getByRole("button", { name: "Leave them" })).toHaveFocus();
  await press.click(dialog.getByRole("button", { name: "Cancel 29 jobs" }));
  const result = within(await screen.findByRole("dialog", { name: "29 jobs cancelled" }));
  expect(result.getByText("It has begun.")).toBeInTheDocument();
  expect(asked).toEqual([
    { filter: { state: "retryable" }, dry_run: true },
    { filter: { state: "retryable" }, dry_run: false },
  ]);
  await press.click(result.getByRole("button", { name: "Close" }));
  expect(screen.queryByRole("region", { name: "Selected jobs" })).not.toBeInTheDocument();
});

it("acts on the chosen ones that take it, and clears the selection by Escape", async () => {
  const asked: string[] = [];
  const all = six();
  const { press } = await show(
    all,
    http.post(api("/admin/jobs/:id/cancel"), ({ params }) => {
      asked.push(String(params.id));
      const found = all.find((job) => job.id === params.id)!;
      return HttpResponse.json(jobDetail({ ...found, state: "cancelled", actions: ["retry"] }), { status: 202 });
    }),
  );
  await waitFor(() => expect(rows()).toHaveLength(6));
  await press.click(screen.getByRole("checkbox", { name: "Select the 6 jobs shown" }));
  await press.click(screen.getByRole("button", { name: "Cancel jobs" }));
  // Two retryable, one available, one running; the completed and the discarded one cannot be.
  await press.click(await screen.findByRole("button", { name: "Cancel 4 jobs" }));
  await screen.findByRole("dialog", { name: "4 jobs cancelled" });
  expect(new Set(asked).size).toBe(4);
  await press.keyboard("{Escape}");
  await press.keyboard("jx");
  expect(screen.getByText("1 selected")).toBeInTheDocument();
  await press.keyboard("{Escape}");
  expect(screen.queryByText("1 selected")).not.toBeInTheDocument();
});

it("says why there are no jobs, what an unknown filter is, and what failed", async () => {
  const ended = new Date().toISOString();
  server.use(
    http.get(api("/admin/queue"), () => HttpResponse.json(quietQueue())),
    http.get(api("/admin/workers"), () => list([worker({ running: 0 })])),
    http.get(api("/admin/jobs"), ({ request }) =>
      request.url.includes("limit=1")
        ? list([jobThat("completed", { finished_at: ended })].filter(() => request.url.endsWith("limit=1")))
        : list([]),
    ),
  );
  const { unmount } = renderPage(<QueuePage />, ADMIN);
  expect(await screen.findByText(/The queue is empty\. The last job ended at \d\d:\d\d:\d\d\./)).toBeInTheDocument();
  unmount();

  history.replaceState(null, "", "/queue?state=sleeping");
  server.use(
    http.get(api("/admin/jobs"), () => problem(422, "invalid", "state: one of available, scheduled, running, …")),
  );
  const second = renderPage(<QueuePage />, ADMIN);
  expect(await screen.findByText(/state: one of available/)).toBeInTheDocument();
  second.unmount();
  queryClient.clear();

  server.use(http.get(api("/admin/jobs"), () => problem(500, "internal")));
  history.replaceState(null, "", "/queue");
  renderPage(<QueuePage />, ADMIN);
  expect(await screen.findByText("The jobs could not be loaded")).toBeInTheDocument();
  expect(screen.getByText("01JDREQ")).toBeInTheDocument();
});

it("a job that is not there any more is said in the drawer", async () => {
  history.replaceState(null, "", "/queue?job=01JGONE");
  await show();
  expect(await drawer().findByRole("heading", { name: "No such job" })).toBeInTheDocument();
});

it("draws only what is looked at from two hundred rows on", async () => {
  const many = Array.from({ length: 400 }, (_, index) =>
    jobThat("completed", { desktop_name: `d-${index}` }),
  ).reverse();
  const { press } = await show(
    many,
    http.get(api("/admin/jobs"), ({ request }) => {
      const from = Number(new URL(request.url).searchParams.get("cursor") ?? 0);
      return HttpResponse.json({ items: many.slice(from, from + 50), next_cursor: String(from + 50) });
    }),
  );
  await waitFor(() => expect(rows()).toHaveLength(50));
  for (const n of [100, 150]) {
    await press.click(screen.getByRole("button", { name: "Show 50 more" }));
    await waitFor(() => expect(rows()).toHaveLength(n));
  }
  await press.click(screen.getByRole("button", { name: "Show 50 more" }));
  await screen.findByText(/^200 shown/);
  expect(rows().length).toBeLessThan(150);
  expect(screen.getByRole("table")).toHaveAttribute("aria-rowcount", "201");
}, 60_000); // Roles of thousands of elements are looked up, which takes jsdom seconds.
