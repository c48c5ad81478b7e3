import { screen, waitFor } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, it } from "vitest";
import { keys, queryClient, type Limits } from "@/lib/api";
import { applyEvent } from "@/lib/events/messages";
import { desktopThat, limits, queueInfo } from "@/testing/factories";
import { renderPage } from "@/testing/render";
import { api, list, server } from "@/testing/server";
import { DesktopsPage } from "./DesktopsPage";

const since = new Date(2026, 2, 3, 11, 58, 20).toISOString();
const paused = { code: "paused" as const, text: "Paused by an administrator.", since };
const say = (data: unknown) => applyEvent(queryClient, { name: "queue", id: null, data: JSON.stringify(data) });

it("says to everyone that starts are paused, since when, and takes it back, without being asked", async () => {
  renderPage(<DesktopsPage />);
  await waitFor(() => expect(queryClient.getQueryData(keys.limits)).toBeDefined());
  const asked = queryClient.getQueryState(keys.limits)?.dataUpdatedAt;
  say({ items: [], held: paused });
  expect(await screen.findByText("Starts are paused by an administrator since 11:58.")).toBeInTheDocument();
  expect(screen.getByText(/waits in line and goes on by itself/)).toBeInTheDocument();
  // The rest of the limits is as old as it was.
  expect(queryClient.getQueryState(keys.limits)?.dataUpdatedAt).toBe(asked);
  say({ items: [] });
  expect(screen.getByText(/Starts are paused/)).toBeInTheDocument();
  say({ items: [], held: null });
  await waitFor(() => expect(screen.queryByText(/Starts are paused/)).not.toBeInTheDocument());
  expect(queryClient.getQueryData<Limits>(keys.limits)?.desktops.limit).toBe(6);
});

it("says so from the first answer on, also for the other reasons that hold all starts", async () => {
  const held = { code: "no_worker" as const, text: "No worker.", since: null };
  server.use(
    http.get(api("/limits"), () =>
      HttpResponse.json(limits({ queue: { ...limits().queue, eta_seconds: null, held } })),
    ),
  );
  renderPage(<DesktopsPage />);
  expect(await screen.findByText("Nothing is starting desktops right now.")).toBeInTheDocument();
});

it("names the time in the waiting desktop's own sentence", async () => {
  const queue = queueInfo({ eta_seconds: null, reason: paused });
  server.use(http.get(api("/desktops"), () => list([desktopThat("queued", { name: "Thesis", queue })])));
  renderPage(<DesktopsPage />);
  expect(await screen.findByText("Paused by an administrator at 11:58.")).toBeInTheDocument();
  expect(screen.getByText("Your place is kept.")).toBeInTheDocument();
});
