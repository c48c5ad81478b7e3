import { expect, it, vi } from "vitest";

vi.mock("@novnc/novnc", () => ({ default: class {} }));
const { socketUrl } = await import("./useSession");

it.each([
  ["https:", "berth.example", "wss://berth.example/api/v1/desktops/d1/vnc"],
  ["http:", "127.0.0.1:8080", "ws://127.0.0.1:8080/api/v1/desktops/d1/vnc"],
])("dials the page's own host: %s//%s", (protocol, host, url) => {
  expect(socketUrl("/api/v1/desktops/d1/vnc", { protocol, host })).toBe(url);
});
