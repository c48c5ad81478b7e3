import { fireEvent, screen, waitFor } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, it } from "vitest";
import { figures, jobDetail, jobThat } from "@/testing/adminFactories";
import { desktopThat, user } from "@/testing/factories";
import { renderPage } from "@/testing/render";
import { api, list, server } from "@/testing/server";
import { QueuePage } from "./QueuePage";

const ADMIN = user({ role: "admin" });
const rows = () => screen.getAllByRole("row").filter((row) => row.dataset.row);
const names = () => rows().map((row) => row.getAttribute("aria-label")?.split(",")[0]);

/** The page with a stream that the test speaks on. */
async function live() {
  let speak: (name: string, data: unknown) => void = () => undefined;
  let asked = 0;
  const held = {
    jobs: [jobThat("available", { desktop_name: "two" }), jobThat("available", { desktop_name: "one" })],
  };
  const first = held.jobs.shift()!;
  held.jobs = [held.jobs[0]!, first];
  server.use(
    http.get(api("/events"), ({ request }) => {
      if (!request.url.includes("room=admin")) return undefined;
      const body = new ReadableStream({
        start(controller) {
          speak = (name, data) =>
            controller.enqueue(new TextEncoder().encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`));
        },
      });
      return new HttpResponse(body, { headers: { "content-type": "text/event-stream" } });
    }),
    http.get(api("/admin/jobs"), () => {
      asked += 1;
      return list(held.jobs);
    }),
    http.get(api("/admin/jobs/:id"), ({ params }) =>
      HttpResponse.json(jobDetail(jobThat("running", { id: String(params.id), desktop_name: "one" }))),
    ),
  );
  const page = renderPage(<QueuePage />, ADMIN);
  await waitFor(() => expect(names()).toEqual(["Start one", "Start two"]));
  return { ...page, held, say: (name: string, data: unknown) => speak(name, data), asked: () => asked };
}

it("takes the figures from events and keeps the half hour behind them", async () => {
  const { say } = await live();
  const { counts } = figures();
  say("queue", figures({ counts: { ...counts, retryable: 77 }, paused: { by: "tom", at: new Date().toISOString() } }));
  expect(await screen.findByRole("link", { name: "Retryable 77" })).toBeInTheDocument();
  expect(screen.getByText("The queue is paused.")).toBeInTheDocument();
  expect(screen.getByRole("img", { name: /Jobs finished a minute/ }).querySelector("path")).not.toBeNull();
});

it("at rest shows what comes; under the pointer nothing moves and the new ones are counted", async () => {
  const { say, held, press } = await live();
  held.jobs = [jobThat("available", { desktop_name: "three" }), ...held.jobs];
  say("desktop", desktopThat("queued"));
  await waitFor(() => expect(names()).toEqual(["Start three", "Start one", "Start two"]));

  const table = screen.getByRole("table");
  fireEvent.pointerEnter(table.parentElement!, { pointerType: "mouse" });
  held.jobs = [jobThat("available", { desktop_name: "four" }), ...held.jobs];
  say("desktop", desktopThat("queued"));
  const news = await screen.findByRole("button", { name: "1 new" });
  expect(names()).toEqual(["Start three", "Start one", "Start two"]);
  await press.click(news);
  await waitFor(() => expect(names()).toEqual(["Start four", "Start three", "Start one", "Start two"]));
  expect(screen.queryByRole("button", { name: "1 new" })).not.toBeInTheDocument();
});

it("shows at once what an event says of a job's step", async () => {
  const { say, held } = await live();
  const running = jobThat("running", { desktop_name: "five", step: "claimed" });
  held.jobs = [running, ...held.jobs];
  say("desktop", desktopThat("queued"));
  await screen.findByText("Create: making its container");
  say("desktop", desktopThat("starting", { job_id: running.id, step: "booted" }));
  expect(await screen.findByText("Boot: waiting for the first answer")).toBeInTheDocument();
});

it("holds the table while updates are held, not the figures", async () => {
  const { say, held, press, asked } = await live();
  await press.click(screen.getByRole("button", { name: "Hold updates" }));
  await waitFor(() => expect(asked()).toBeGreaterThan(0));
  const before = asked();
  held.jobs = [jobThat("available", { desktop_name: "three" }), ...held.jobs];
  const { counts } = figures();
  say("queue", figures({ counts: { ...counts, retryable: 78 } }));
  await screen.findByRole("link", { name: "Retryable 78" });
  expect(names()).toEqual(["Start one", "Start two"]);
  expect(asked()).toBe(before);
  await press.click(screen.getByRole("button", { name: "Go on updating" }));
  await waitFor(() => expect(names()).toEqual(["Start three", "Start one", "Start two"]));
});
