import { beforeEach, expect, it } from "vitest";
import { applyEvent } from "@/lib/events/messages";
import { desktopThat, queueInfo } from "@/testing/factories";
import { dropDesktop, putDesktop, putList } from "./desktopCache";
import { keys } from "./keys";
import { makeQueryClient } from "./queryClient";
import type { Desktop } from "./types";

let client = makeQueryClient();
const list = () => client.getQueryData<Desktop[]>(keys.desktops) ?? [];
const event = (name: "desktop" | "snapshot" | "queue" | "notice", data: unknown) =>
  applyEvent(client, { name, id: null, data: JSON.stringify(data) });

beforeEach(() => {
  client = makeQueryClient();
});

it("drops a version older than the one it has, from wherever it comes", () => {
  const desktop = desktopThat("running", { version: 5 });
  putList(client, [desktop]);
  event("desktop", { ...desktop, version: 4, name: "older" });
  putDesktop(client, { ...desktop, version: 3, name: "oldest" });
  putList(client, [{ ...desktop, version: 4, name: "a slow answer" }]);
  expect(list()[0]?.name).toBe(desktop.name);
  event("desktop", { ...desktop, version: 6, name: "newer" });
  expect(list()[0]?.name).toBe("newer");
  expect(client.getQueryData<Desktop>(keys.desktop(desktop.id))?.name).toBe("newer");
});

it("keeps the place in line until a queue event says otherwise", () => {
  const desktop = desktopThat("queued");
  putList(client, [desktop]);
  event("desktop", { ...desktop, version: 2, queue: null });
  expect(list()[0]?.queue?.position).toBe(3);
  event("queue", { items: [{ desktop_id: desktop.id, queue: queueInfo({ position: 1, ahead: 0 }) }] });
  expect(list()[0]?.queue?.position).toBe(1);
  event("desktop", { ...desktop, version: 3, status: "starting", queue: null });
  expect(list()[0]?.queue).toBeNull();
});

it("replaces the list by a snapshot", () => {
  const [kept, left, added] = [desktopThat("running"), desktopThat("stopped"), desktopThat("queued")];
  putList(client, [kept, left]);
  event("snapshot", { desktops: [added, kept] });
  expect(list().map((desktop) => desktop.id)).toEqual([added.id, kept.id]);
});

it("keeps a deleted one away, even when a slow answer still lists it", () => {
  const desktop = desktopThat("deleting");
  putList(client, [desktop]);
  event("desktop", { id: desktop.id, deleted: true });
  putList(client, [desktop]);
  putDesktop(client, desktop);
  expect(list()).toEqual([]);
  expect(client.getQueryData(keys.desktop(desktop.id))).toBeNull();
  dropDesktop(client, desktop.id);
});

it("adds a desktop that another page started", () => {
  putList(client, []);
  event("desktop", desktopThat("queued"));
  expect(list()).toHaveLength(1);
});
