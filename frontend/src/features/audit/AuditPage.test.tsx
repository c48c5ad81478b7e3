import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, it, vi } from "vitest";
import { entry, manyEntries, tenEntries } from "@/testing/adminFactories";
import { user } from "@/testing/factories";
import { renderPage } from "@/testing/render";
import { api, list, problem, server } from "@/testing/server";
import { AuditPage } from "./AuditPage";
import { sentence } from "./words";

const ADMIN = user({ role: "admin" });
const rows = () => screen.getAllByRole("row").filter((row) => row.dataset.row);
const drawer = () => within(screen.getByRole("complementary", { name: "Entry" }));

function show(...handlers: Parameters<typeof server.use>) {
  server.use(...handlers);
  return renderPage(<AuditPage />, ADMIN);
}

it("says who did what to which thing, from where, and what came of it", async () => {
  show();
  await waitFor(() => expect(rows()).toHaveLength(10));
  expect(rows()[0]).toHaveTextContent(/jonas started desktop Course week 3Done10\.2\.14\.8/);
  expect(rows()[1]).toHaveTextContent(/jonas was refused a start of Course week 3 · 5 starts in this minute\.Refused/);
  expect(rows()[6]).toHaveTextContent("olga was not let in · Wrong name or password.");
  expect(screen.getByText(/newest first\. Times are those of/)).toBeInTheDocument();
});

it("keeps its filters in the address, and exports what they find", async () => {
  const asked = vi.fn();
  const { press } = show(
    http.get(api("/admin/audit"), ({ request }) => {
      const { searchParams } = new URL(request.url);
      asked(searchParams.get("action"), searchParams.get("since"));
      return list(tenEntries());
    }),
  );
  await waitFor(() => expect(rows()).toHaveLength(10));
  await press.selectOptions(screen.getByRole("combobox", { name: "Action" }), "Queue paused");
  await press.selectOptions(screen.getByRole("combobox", { name: "When" }), "Last 24 h");
  await waitFor(() => expect(asked).toHaveBeenCalledWith("queue.pause", "24h"));
  expect(location.search).toBe("?action=queue.pause&since=24h");
  expect(screen.getByRole("link", { name: "Export" })).toHaveAttribute(
    "href",
    "/api/v1/admin/audit/export?action=queue.pause&since=24h",
  );
});

it("opens an entry with all of it, and goes on to everything of the same person", async () => {
  const { press } = show();
  await press.click(await screen.findByRole("link", { name: "sam removed" }));
  expect(drawer().getByText("drift.remove")).toBeInTheDocument();
  expect(drawer().getByText("01JDREQ7KQ2")).toBeInTheDocument();
  await press.click(drawer().getByRole("button", { name: "All by sam" }));
  expect(location.search).toBe("?actor=sam");
  await press.click(screen.getByRole("button", { name: "Remove the filter: By sam" }));
  expect(location.search).toBe("");
});

it("shows fifty more by cursor", async () => {
  const all = manyEntries(70);
  const { press } = show(
    http.get(api("/admin/audit"), ({ request }) => {
      const from = Number(new URL(request.url).searchParams.get("cursor") ?? 0);
      return HttpResponse.json({ items: all.slice(from, from + 50), next_cursor: from === 0 ? "50" : null });
    }),
  );
  await press.click(await screen.findByRole("button", { name: "Show 50 more" }));
  await waitFor(() => expect(rows()).toHaveLength(70));
});

it("counts what came since, and shows it by a press", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  let all = tenEntries();
  const { press } = show(http.get(api("/admin/audit"), () => list(all)));
  await waitFor(() => expect(rows()).toHaveLength(10));
  all = [entry({ actor: "wei" }), entry({ actor: "wei" }), ...all];
  await vi.advanceTimersByTimeAsync(16_000);
  const news = await screen.findByRole("button", { name: "2 new" });
  expect(rows()).toHaveLength(10);
  await press.click(news);
  await waitFor(() => expect(rows()).toHaveLength(12));
  expect(screen.queryByRole("button", { name: "2 new" })).not.toBeInTheDocument();
});

it("offers the way out of a filter that the api does not know", async () => {
  history.replaceState(null, "", "/users/audit?action=nonsense");
  const { press } = show(
    http.get(api("/admin/audit"), ({ request }) =>
      new URL(request.url).searchParams.has("action")
        ? problem(422, "validation_failed", "There is no such action.")
        : list(tenEntries()),
    ),
  );
  await press.click(await screen.findByRole("button", { name: "Clear the filters" }));
  await waitFor(() => expect(rows()).toHaveLength(10));
});

it("names a person once, and shows an action that it does not know as it is", () => {
  const jonas = { kind: "user", id: "1", name: "jonas" };
  expect(sentence(entry({ action: "password.change", target: jonas }))).toEqual({
    did: "changed the password of",
    thing: "their own account",
  });
  expect(sentence(entry({ action: "user.disable", actor: "mara", target: jonas }))).toEqual({
    did: "switched off",
    thing: "user jonas",
  });
  expect(sentence(entry({ action: "sign_in", target: jonas }))).toEqual({ did: "signed in", thing: "" });
  expect(sentence(entry({ action: "moon.landing", target: null }))).toEqual({ did: "moon.landing", thing: "" });
});
