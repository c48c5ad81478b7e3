import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, it } from "vitest";
import { queryClient, type DriftItem, type DriftKind } from "@/lib/api";
import { driftItem, driftList, fiveDifferences } from "@/testing/adminFactories";
import { user } from "@/testing/factories";
import { renderPage } from "@/testing/render";
import { api, problem, server } from "@/testing/server";
import { DriftPage } from "./DriftPage";
import { actionWord, asksFirst, DRIFT_KIND, grouped } from "./kinds";

const ADMIN = user({ role: "admin" });
const group = (name: string) => within(screen.getByRole("region", { name }));
const item = (name: string) => within(screen.getByRole("listitem", { name }));

async function show(...handlers: Parameters<typeof server.use>) {
  server.use(...handlers);
  const page = renderPage(<DriftPage />, ADMIN);
  await screen.findByRole("heading", { name: "Drift" });
  return page;
}

it("groups the differences by kind, and shows both sides with what is missing", async () => {
  await show();
  await screen.findByRole("region", { name: "Containers without a desktop" });
  expect(group("Containers without a desktop").getAllByRole("listitem")).toHaveLength(2);
  expect(group("Desktops without a container").getAllByRole("listitem")).toHaveLength(1);
  expect(group("Ports").getAllByRole("listitem")).toHaveLength(2);
  expect(item("berth-5b2e91c4").getByText("No desktop")).toBeInTheDocument();
  expect(item("berth-5b2e91c4").getByText(/Label says owner: Priya Nair/)).toBeInTheDocument();
  const summary = within(screen.getByRole("region", { name: "Summary" }));
  expect(summary.getByText("147 of 148")).toBeInTheDocument();
  expect(summary.getByText(/^differences, oldest [23] h$/)).toBeInTheDocument();
});

it("offers only what the server offers, in its order, worded by kind", async () => {
  await show();
  await screen.findByRole("region", { name: "Ports" });
  const words = (name: string) =>
    item(name)
      .getAllByRole("button")
      .map((button) => button.textContent);
  expect(words("berth-5b2e91c4")).toEqual(["Adopt", "Remove", "Forget"]);
  expect(words("berth-90d1f7aa")).toEqual(["Remove", "Forget"]);
  expect(words("r-course, Running")).toEqual(["Mark stopped", "Remove"]);
  expect(words("Port 7019 leased")).toEqual(["Release"]);
});

it("asks before something is lost, then shows that it is under way until a comparison confirms it", async () => {
  const items = fiveDifferences();
  let removed = false;
  const { press } = await show(
    http.get(api("/admin/drift"), () => HttpResponse.json(driftList({ items: removed ? items.slice(1) : items }))),
    http.post(api("/admin/drift/:id/remove"), ({ params }) => {
      const found = items.find(({ id }) => id === params.id)!;
      found.asked = { action: "remove", by: "mara", at: new Date().toISOString(), error: null };
      return HttpResponse.json(found, { status: 202 });
    }),
  );
  await screen.findByRole("region", { name: "Ports" });
  await press.click(item("berth-5b2e91c4").getByRole("button", { name: "Remove" }));
  const dialog = within(await screen.findByRole("alertdialog", { name: "Remove “berth-5b2e91c4”?" }));
  expect(dialog.getByText(/what is not saved in it is lost/)).toBeInTheDocument();
  expect(dialog.getByRole("button", { name: "Leave it" })).toHaveFocus();
  await press.click(dialog.getByRole("button", { name: "Remove it" }));
  expect(await item("berth-5b2e91c4").findByText("Removing…")).toBeInTheDocument();
  expect(item("berth-5b2e91c4").queryByRole("button")).not.toBeInTheDocument();
  removed = true;
  await waitFor(() => expect(screen.queryByRole("listitem", { name: "berth-5b2e91c4" })).not.toBeInTheDocument());
});

it("acts at once where nothing is lost, and shows a refusal's own words beside it", async () => {
  const { press } = await show(
    http.post(api("/admin/drift/:id/adopt"), () => problem(409, "not_offered", "Its port is taken by now.")),
  );
  await screen.findByRole("region", { name: "Ports" });
  await press.click(item("berth-5b2e91c4").getByRole("button", { name: "Adopt" }));
  expect(await item("berth-5b2e91c4").findByRole("alert")).toHaveTextContent("Its port is taken by now.");
});

it("offers the choices again when it did not work, and says why", async () => {
  const failed = driftItem({
    asked: { action: "adopt", by: "mara", at: new Date().toISOString(), error: "the port is taken" },
  });
  await show(http.get(api("/admin/drift"), () => HttpResponse.json(driftList({ items: [failed] }))));
  expect(await screen.findByText("Adopt did not work: the port is taken")).toBeInTheDocument();
  expect(screen.getByRole("button", { name: "Adopt" })).toBeEnabled();
});

it("keeps the list while the engine is away, dated, with what needs it held back and why", async () => {
  const compared_at = new Date(Date.now() - 200_000).toISOString();
  await show(
    http.get(api("/admin/drift"), () =>
      HttpResponse.json(driftList({ compared_at, nodes: [{ id: "dock-01", engine_up: false, compared_at }] })),
    ),
  );
  expect(await screen.findByText("The engine on dock-01 does not answer.")).toBeInTheDocument();
  const remove = item("berth-5b2e91c4").getByRole("button", { name: "Remove" });
  expect(remove).toBeDisabled();
  expect(remove).toHaveAccessibleDescription(/The engine on dock-01 does not answer/);
  expect(item("berth-5b2e91c4").getByRole("button", { name: "Forget" })).toBeEnabled();
});

it("says that all agrees, compares now, and says when it could not be loaded", async () => {
  let compared = 0;
  const { press, unmount } = await show(
    http.get(api("/admin/drift"), () =>
      HttpResponse.json(driftList({ items: [], matched: { desktops: 1, ports: 148 } })),
    ),
    http.post(api("/admin/drift/compare"), () => {
      compared += 1;
      return HttpResponse.json(driftList(), { status: 202 });
    }),
  );
  expect(await screen.findByRole("heading", { name: "Records and engine agree" })).toBeInTheDocument();
  expect(screen.getByText(/^1 desktop with their|1 desktop/)).toBeInTheDocument();
  expect(screen.getByText(/again in \d+ s/)).toBeInTheDocument();
  await press.click(screen.getByRole("button", { name: "Compare now" }));
  await screen.findByRole("region", { name: "Ports" });
  expect(compared).toBe(1);
  unmount();
  queryClient.clear();
  await show(http.get(api("/admin/drift"), () => problem(500, "internal"))).catch(() => undefined);
  expect(await screen.findByText("The differences could not be loaded")).toBeInTheDocument();
  expect(screen.getByText("01JDREQ")).toBeInTheDocument();
}, 30_000);

it.each(Object.keys(DRIFT_KIND) as DriftKind[])("has words for %s, and asks before its loss", (kind) => {
  const one: DriftItem = driftItem({ kind });
  for (const action of ["adopt", "remove", "forget"] as const) expect(actionWord(action, one)).not.toBe("");
  expect(grouped([one])).toHaveLength(1);
  if (asksFirst("remove", one)) expect(DRIFT_KIND[kind].loses.remove).toMatch(/[.]$/);
  expect(asksFirst("forget", one)).toBe(false);
});
