import { screen, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, it } from "vitest";
import type { Operations } from "@/lib/api";
import { user } from "@/testing/factories";
import { renderPage } from "@/testing/render";
import { api, problem, server } from "@/testing/server";
import { OperationsPage } from "./OperationsPage";

const ADMIN = user({ role: "admin" });
const AT = "2026-11-29T12:00:00Z";

function operations(over: Partial<Operations> = {}): Operations {
  return {
    at: AT,
    desktops: [
      { status: "queued", n: 2 },
      { status: "running", n: 148 },
    ],
    processes: [
      {
        id: "p1",
        part: "api",
        node: "local",
        at: AT,
        cpu_percent: 4.2,
        memory_bytes: 24 * 1024 * 1024,
        pool_busy: 3,
        pool_idle: 17,
        pool_max: 40,
        event_streams: 120,
        viewers: 31,
      },
    ],
    engines: [
      {
        node: "local",
        up: true,
        cpu_percent: 130,
        memory_bytes: 5 * 1024 ** 3,
        engine_cpu_percent: null,
        engine_memory_bytes: null,
        ports: 148,
        port_range: 2001,
      },
    ],
    calls: [{ call: "GET /api/v1/desktops", n: 900, p50_ms: 2.1, p95_ms: 12.4, p99_ms: 18.9 }],
    engine_calls: [],
    history: [
      {
        minute: AT,
        calls: 90,
        call_p95_ms: 12.4,
        event_p95_ms: 31,
        pool_busy: 3,
        event_streams: 120,
        viewers: 31,
        memory_bytes: 24 * 1024 * 1024,
        engine_cpu_percent: 130,
        engine_memory_bytes: 5 * 1024 ** 3,
      },
    ],
    ...over,
  };
}

async function show(answer: () => Response) {
  server.use(http.get(api("/admin/operations"), answer));
  renderPage(<OperationsPage />, ADMIN);
  await screen.findByRole("heading", { name: "Operations" });
}

it("shows how it is: desktops, connections, engines, and the slowest calls", async () => {
  await show(() => HttpResponse.json(operations()));
  expect(await screen.findByText("148")).toBeInTheDocument();
  expect(screen.getByText("3 of 40")).toBeInTheDocument();
  expect(
    screen.getByRole("img", { name: /Database connections in the last 30 minutes, now 3 of 40/ }),
  ).toBeInTheDocument();
  expect(
    screen.getByRole("row", { name: /local Yes 130 % 5\.0 GB Not seen from here 148 of 2,001/ }),
  ).toBeInTheDocument();
  const call = screen.getByRole("row", { name: /GET \/api\/v1\/desktops/ });
  expect(within(call).getByText("19 ms")).toBeInTheDocument();
  expect(screen.getByText("None in the last 10 minutes.")).toBeInTheDocument();
});

it("says so when there is nothing yet", async () => {
  await show(() => HttpResponse.json(operations({ processes: [], engines: [], calls: [], history: [] })));
  expect(await screen.findByText("No worker has told of an engine yet.")).toBeInTheDocument();
  expect(screen.getByText("0 of 0")).toBeInTheDocument();
});

it("says that the figures could not be loaded", async () => {
  server.use(http.get(api("/admin/operations"), () => problem(503, "unavailable")));
  renderPage(<OperationsPage />, ADMIN);
  expect(await screen.findByText("The figures could not be loaded")).toBeInTheDocument();
});
