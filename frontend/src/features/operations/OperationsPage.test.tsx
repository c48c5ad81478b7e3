import { screen, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, it } from "vitest";
import { adminKeys } from "@/features/admin/keys";
import { queryClient } from "@/lib/api";
import { engineNow, noOperations, operations, processNow } from "@/testing/adminFactories";
import { user } from "@/testing/factories";
import { renderPage } from "@/testing/render";
import { api, problem, server } from "@/testing/server";
import { OperationsPage } from "./OperationsPage";

const ADMIN = user({ role: "admin" });

async function show(answer: () => Response) {
  server.use(http.get(api("/admin/operations"), answer));
  renderPage(<OperationsPage />, ADMIN);
  await screen.findByRole("heading", { name: "Operations" });
}

it("shows how it is: desktops, connections, engines, and the slowest calls", async () => {
  const unseen = engineNow({ engine_cpu_percent: null, engine_memory_bytes: null });
  await show(() => HttpResponse.json(operations({ processes: [processNow()], engines: [unseen], engine_calls: [] })));
  expect(await screen.findByText("148")).toBeInTheDocument();
  const chart = /^Database connections in the last 30 minutes, now 3 of 40, most \d$/;
  expect(screen.getByRole("img", { name: chart })).toBeInTheDocument();
  expect(screen.getByRole("row", { name: "dock-01 Answers 130 % 5.0 GB – – 148 of 2,001" })).toBeInTheDocument();
  expect(screen.getByRole("row", { name: "API and worker dock-01 4.2 % 24 MB 3 of 40 120 31" })).toBeInTheDocument();
  const call = screen.getByRole("row", { name: /GET \/api\/v1\/desktops/ });
  expect(within(call).getByText("19 ms")).toBeInTheDocument();
  expect(screen.getByText("None in the last 10 minutes.")).toBeInTheDocument();
});

it("tells an engine that does not answer, and what a worker alone has not", async () => {
  await show(() => HttpResponse.json(operations()));
  expect(await screen.findByRole("row", { name: /^dock-03 Does not answer – –/ })).toBeInTheDocument();
  expect(screen.getByRole("row", { name: "Worker dock-02 – 24 MB 3 of 40 – –" })).toBeInTheDocument();
});

it("says so when there is nothing yet, and what to do", async () => {
  await show(() => HttpResponse.json(noOperations()));
  expect(await screen.findByText(/^No worker has told of an engine yet\. Start one/)).toBeInTheDocument();
  expect(screen.getByText(/^No process has written down its figures yet/)).toBeInTheDocument();
  expect(screen.getByRole("img", { name: /^Database connections in the last 30 minutes, now –$/ })).toBeInTheDocument();
});

it("keeps the figures it has when newer ones do not come, and says how old they are", async () => {
  let answers = 0;
  await show(() => (answers++ === 0 ? HttpResponse.json(operations()) : problem(503, "unavailable")));
  await screen.findByText("1,284");
  void queryClient.invalidateQueries({ queryKey: adminKeys.operations });
  expect(await screen.findByText(/^These figures are from \d\d:\d\d:\d\d\.$/)).toBeInTheDocument();
  expect(screen.getByText("1,284")).toBeInTheDocument();
});

it("says that the figures could not be loaded", async () => {
  server.use(http.get(api("/admin/operations"), () => problem(503, "unavailable")));
  renderPage(<OperationsPage />, ADMIN);
  expect(await screen.findByText("The figures could not be loaded")).toBeInTheDocument();
});
