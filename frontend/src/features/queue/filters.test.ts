import { expect, it } from "vitest";
import { address, isNarrowed, queryOf, readPlace, tabOf } from "./filters";

it("reads the address and writes the same one again", () => {
  const path = "/queue?state=retryable&kind=desktop.create&user=jonas&worker=w-1&q=lab+7&since=24h&job=01J";
  const place = readPlace(path.replace("/queue?", ""));
  expect(place.job).toBe("01J");
  expect(place.filter).toEqual({
    state: "retryable",
    kind: "desktop.create",
    user: "jonas",
    worker: "w-1",
    q: "lab 7",
    since: "24h",
  });
  expect(address(place)).toBe(path);
});

it("leaves out what is empty or unknown, and says what narrows the list", () => {
  const { filter } = readPlace("state=&q=%20&colour=red");
  expect(filter).toEqual({});
  expect(address({ filter: { state: undefined }, job: null })).toBe("/queue");
  expect(isNarrowed({ state: "running" })).toBe(false);
  expect(isNarrowed({ state: "running", user: "jonas" })).toBe(true);
  expect(isNarrowed({ q: undefined })).toBe(false);
});

it("knows the tab, and that several states are none", () => {
  expect(tabOf({ state: "running" })).toBe("running");
  expect(tabOf({ state: "running,retryable" })).toBeNull();
  expect(tabOf({ state: "nonsense" })).toBeNull();
});

it("makes the query of a list", () => {
  expect(queryOf({ state: "running" }, { limit: "50", cursor: undefined })).toBe("?state=running&limit=50");
});
