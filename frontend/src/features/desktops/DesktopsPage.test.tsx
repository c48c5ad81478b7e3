import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, it } from "vitest";
import { applyEvent } from "@/lib/events/messages";
import { queryClient, type Desktop } from "@/lib/api";
import { desktopThat, fiveDesktops, freeLimits, limits, manyDesktops } from "@/testing/factories";
import { renderPage } from "@/testing/render";
import { api, list, problem, server } from "@/testing/server";
import { DesktopsPage } from "./DesktopsPage";

const event = (data: unknown) => applyEvent(queryClient, { name: "desktop", id: "1", data: JSON.stringify(data) });
const rows = () => screen.getAllByRole("listitem").filter((item) => item.dataset.row);
const row = (name: string) => within(screen.getByRole("listitem", { name: new RegExp(`^${name},`) }));
const panel = () => within(screen.getByRole("complementary", { name: "Start a desktop" }));

async function show(...handlers: Parameters<typeof server.use>) {
  server.use(...handlers);
  const page = renderPage(<DesktopsPage />);
  await screen.findByRole("heading", { level: 1 });
  await panel().findByText(/Starts today/);
  return page;
}

it("shows each desktop with its word and its main action", async () => {
  await show();
  await screen.findByRole("heading", { name: "Thesis" });
  expect(rows()).toHaveLength(5);
  expect(row("Thesis").getAllByRole("link", { name: "Open Thesis" })[0]).toHaveAttribute(
    "href",
    expect.stringMatching(/^\/desktops\/.+\/view$/),
  );
  expect(row("Survey data").getByRole("button", { name: "Cancel start" })).toBeEnabled();
  expect(row("Course week 3").getByText(/2 starts go before yours/)).toBeInTheDocument();
  expect(await row("Course week 3").findByRole("img", { name: "4 of 4 start slots busy" })).toBeInTheDocument();
  expect(row("Build box").getByRole("button", { name: "Try again" })).toBeEnabled();
  expect(row("Old notes").getByRole("button", { name: "Start" })).toBeEnabled();
});

it("says that a newer image is available, and that a start waits for its image", async () => {
  const image_pulling = { code: "image_pulling" as const, text: "412 MB of 915 MB are here", since: null };
  const queue = { ...desktopThat("queued").queue!, reason: image_pulling };
  await show(
    http.get(api("/desktops"), () =>
      list([desktopThat("running", { name: "Old", newer_image: true }), desktopThat("queued", { name: "New", queue })]),
    ),
  );
  await screen.findByRole("heading", { name: "Old" });
  expect(row("Old").getByText(/A newer image is available: stop it and start it again to get it/)).toBeInTheDocument();
  expect(row("New").getByText("The server is fetching the image of this desktop.").closest("p")).toHaveTextContent(
    "412 MB of 915 MB are here. Your place is kept. It goes on by itself.",
  );
});

it("shows how many windows may be open, and when that is all of them", async () => {
  await show(http.get(api("/limits"), () => HttpResponse.json(limits({ streams: { limit: 2, used: 2 } }))));
  const streams = (await panel().findByText(/^Open at once/)).closest("div");
  expect(streams).toHaveTextContent("Open at once close a window to open another2 of 2");
});

it("starts under the name that it shows, and sees it in line", async () => {
  const made = desktopThat("queued", { name: "XFCE desktop" });
  let body: unknown;
  const { press } = await show(
    http.post(api("/desktops"), async ({ request }) => {
      body = await request.json();
      expect(request.headers.get("idempotency-key")).toMatch(/^[0-9a-f]{32}$/);
      return HttpResponse.json(made, { status: 202 });
    }),
  );
  await press.click(panel().getByRole("button", { name: "Start XFCE desktop" }));
  await screen.findByRole("heading", { name: "XFCE desktop" });
  expect(body).toEqual({ template: "xfce", name: "XFCE desktop" });
  expect(panel().getByPlaceholderText("XFCE desktop 2")).toBeInTheDocument();
});

it("says before the click that the limit is reached, and what would make room", async () => {
  const { press } = await show(
    http.get(api("/limits"), () => HttpResponse.json(limits({ desktops: { limit: 5, used: 5 } }))),
  );
  expect(await panel().findByText(/You have all 5/)).toBeInTheDocument();
  expect(panel().getByRole("button", { name: "Start XFCE desktop" })).toBeDisabled();
  await press.click(panel().getByRole("button", { name: "Old notes" }));
  expect(await screen.findByRole("alertdialog", { name: "Delete “Old notes”?" })).toBeInTheDocument();
});

it("counts down a full start window, in the panel and beside a stopped desktop", async () => {
  const starts = limits().starts.map((window, index) => (index === 0 ? { ...window, used: 5 } : window));
  await show(http.get(api("/limits"), () => HttpResponse.json(limits({ starts }))));
  expect(await panel().findByRole("button", { name: /Start again in 0:3\d/ })).toBeDisabled();
  expect(row("Old notes").getByRole("button", { name: "Start" })).toBeDisabled();
  expect(row("Old notes").getByText(/You started 5 desktops within a minute/)).toBeInTheDocument();
});

it("shows a refusal that arrives all the same in the panel, not as short news", async () => {
  const { press } = await show(
    http.post(api("/desktops/:id/start"), () =>
      problem(429, "start_rate_limited", "Too many starts.", { "retry-after": "30" }),
    ),
  );
  await press.click(row("Old notes").getByRole("button", { name: "Start" }));
  expect(await panel().findByRole("button", { name: /Start again in 0:(30|29)/ })).toBeDisabled();
  expect(screen.queryByText(/was not started/)).not.toBeInTheDocument();
});

it("changes a status only when the answer or an event says so", async () => {
  let answer: (() => void) | undefined;
  const five = fiveDesktops();
  const starting = five[1] as Desktop;
  const { press } = await show(
    http.get(api("/desktops"), () => list(five)),
    http.post(api("/desktops/:id/stop"), async () => {
      await new Promise<void>((resolve) => (answer = resolve));
      return HttpResponse.json({ ...starting, status: "stopping", version: 2 }, { status: 202 });
    }),
  );
  await press.click(row("Survey data").getByRole("button", { name: "Cancel start" }));
  expect(row("Survey data").getByRole("button", { name: "Cancel start" })).toHaveAttribute("aria-busy", "true");
  expect(row("Survey data").getByText("Starting")).toBeInTheDocument();
  await waitFor(() => expect(answer).toBeDefined());
  answer?.();
  expect(await row("Survey data").findByText("Stopping")).toBeInTheDocument();
});

it("asks before a running desktop is stopped, with the focus on the harmless answer", async () => {
  let stopped = 0;
  const { press } = await show(
    http.post(api("/desktops/:id/stop"), () => {
      stopped += 1;
      return HttpResponse.json(desktopThat("stopping"), { status: 202 });
    }),
  );
  const opener = row("Thesis").getByRole("button", { name: "Stop" });
  await press.click(opener);
  const dialog = await screen.findByRole("alertdialog", { name: "Stop “Thesis”?" });
  expect(within(dialog).getByRole("button", { name: "Leave it running" })).toHaveFocus();
  await press.keyboard("{Enter}");
  await waitFor(() => expect(dialog).not.toBeInTheDocument());
  await waitFor(() => expect(opener).toHaveFocus());
  expect(stopped).toBe(0);
  await press.click(opener);
  await press.click(await screen.findByRole("button", { name: "Stop it" }));
  await waitFor(() => expect(stopped).toBe(1));
});

it("hands the focus of a row that goes to the next one", async () => {
  const five = fiveDesktops();
  const { press } = await show(http.get(api("/desktops"), () => list(five)));
  await press.keyboard("jj");
  expect(rows()[1]).toHaveFocus();
  event({ id: five[1]?.id, deleted: true });
  await waitFor(() => expect(rows()).toHaveLength(4));
  await waitFor(() => expect(rows()[1]).toHaveFocus());
  expect(rows()[1]).toHaveAccessibleName(/Course week 3/);
});

it("adds no <style> element, which the page's policy would forbid", async () => {
  const { press } = await show();
  const before = document.querySelectorAll("style").length;
  await press.click(screen.getByRole("button", { name: "More for Thesis" }));
  await press.click(await screen.findByRole("menuitem", { name: "Delete" }));
  await screen.findByRole("alertdialog");
  expect(document.querySelectorAll("style")).toHaveLength(before);
});

it("becomes a table from nine desktops on, with tabs and a search", async () => {
  const { press } = await show(http.get(api("/desktops"), () => list(manyDesktops(56))));
  await screen.findByRole("table");
  expect(screen.getAllByRole("row")).toHaveLength(51);
  await press.click(screen.getByRole("button", { name: "Show 6 more" }));
  expect(screen.getAllByRole("row")).toHaveLength(57);
  await press.keyboard("/");
  await press.keyboard("Survey");
  await waitFor(() => expect(screen.getAllByRole("row")).toHaveLength(2));
  expect(location.search).toBe("?q=Survey");
  await press.click(screen.getByRole("link", { name: /Failed/ }));
  expect(await screen.findByText("No desktop matches.")).toBeInTheDocument();
});

it("greets the first time with the templates, and says when the page failed", async () => {
  server.use(
    http.get(api("/desktops"), () => list([])),
    http.get(api("/limits"), () => HttpResponse.json(freeLimits())),
  );
  const { unmount } = renderPage(<DesktopsPage />);
  expect(await screen.findByRole("heading", { name: "Nothing moored here yet" })).toBeInTheDocument();
  expect(await screen.findByRole("button", { name: "Start Light desktop" })).toBeEnabled();
  expect(screen.getByRole("button", { name: "Not available" })).toBeDisabled();
  unmount();
  queryClient.clear();
  server.use(http.get(api("/desktops"), () => problem(500, "internal")));
  renderPage(<DesktopsPage />);
  expect(await screen.findByRole("alert")).toHaveTextContent("Your desktops could not be loaded");
  expect(screen.getByText("01JDREQ")).toBeInTheDocument();
});
