import { expect, it } from "vitest";
import { desktopThat, steps } from "@/testing/factories";
import { rail } from "./rail";

it("measures what is behind and points at what is under way", () => {
  const now = Date.now();
  const stops = rail(desktopThat("starting", { steps: steps(1500, 3200, 600) }), now);
  expect(stops?.map(({ state }) => state)).toEqual(["done", "done", "done", "now", "ahead"]);
  expect(stops?.slice(1, 4).map(({ note }) => note)).toEqual(["3.2 s", "0.6 s", "1.5 s"]);
});

it("expects a queued one at its wait plus what such a start takes", () => {
  const stops = rail(desktopThat("queued"), Date.now());
  expect(stops?.[1]).toMatchObject({ state: "waiting", note: "12 s so far" });
  expect(stops?.[4]?.note).toMatch(/^≈ \d\d:\d\d:\d\d$/);
});

it("draws nothing for a desktop without steps, and a failure where it happened", () => {
  expect(rail(desktopThat("stopped"), Date.now())).toBeNull();
  const failed = rail(desktopThat("failed"), Date.now());
  expect(failed?.[2]?.state).toBe("failed");
});
