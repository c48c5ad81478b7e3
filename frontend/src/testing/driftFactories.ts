// Differences between records and engine as the api would answer them: those of the interface guide's own picture.
import type { DriftItem, DriftList, DriftSide } from "../lib/api/types";
import { at } from "./factories.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

let count = 0;

function side(over: Partial<DriftSide>): DriftSide {
  return {
    title: "",
    detail: "",
    desktop_id: null,
    container_id: null,
    owner: null,
    status: null,
    port: null,
    since: null,
    memory_bytes: null,
    ...over,
  };
}

export function driftItem(over: Partial<DriftItem> = {}): DriftItem {
  count += 1;
  return {
    id: `01JDDRIFT${String(count).padStart(17, "0")}`,
    kind: "container_without_desktop",
    node: "dock-01",
    record: null,
    engine: side({
      title: "berth-5b2e91c4",
      detail: "Light desktop, up 3 h, 31 MB, port 7044. Label says owner: Priya Nair",
      owner: "priya",
      port: 7044,
    }),
    since: at(3 * HOUR),
    actions: ["adopt", "remove", "forget"],
    explains: "Adopt gives it back to Priya Nair as a running desktop.",
    asked: null,
    ...over,
  };
}

export function fiveDifferences(): DriftItem[] {
  return [
    driftItem(),
    driftItem({
      engine: side({
        title: "berth-90d1f7aa",
        detail: "Code editor, exited 41 min ago. Label says owner: unknown",
        since: at(41 * MINUTE),
      }),
      since: at(41 * MINUTE),
      actions: ["remove", "forget"],
      explains: "Cannot be adopted: it has ended and has no owner.",
    }),
    driftItem({
      kind: "desktop_without_container",
      record: side({ title: "r-course, Running", detail: "Owner Sam Reyes, since 09:40, port 7019", owner: "sam" }),
      engine: null,
      since: at(12 * MINUTE),
      actions: ["forget", "remove"],
      explains: "Mark stopped lets Sam Reyes start it again; Remove deletes the desktop.",
    }),
    driftItem({
      kind: "port_lease_without_desktop",
      record: side({ title: "Port 7019 leased", detail: "To r-course since 09:40", port: 7019 }),
      engine: null,
      since: at(12 * MINUTE),
      actions: ["forget"],
      explains: "Release frees the port for the next start.",
    }),
    driftItem({
      kind: "port_in_use",
      record: side({ title: "Port 7114 free", detail: "Last used 6 days ago", port: 7114 }),
      engine: side({ title: "Port 7114 in use", detail: "By a program outside Berth", port: 7114 }),
      since: at(50 * MINUTE),
      actions: ["forget"],
      explains: "Starts skip it and take the next one. Forget tries it again.",
    }),
  ];
}

export function driftList(over: Partial<DriftList> = {}): DriftList {
  return {
    items: fiveDifferences(),
    matched: { desktops: 147, ports: 147 },
    compared_at: at(8 * SECOND),
    next_compare_at: at(-22 * SECOND),
    nodes: [{ id: "dock-01", engine_up: true, compared_at: at(8 * SECOND) }],
    ...over,
  };
}
