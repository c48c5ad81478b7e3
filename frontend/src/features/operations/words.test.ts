import { expect, it } from "vitest";
import { place } from "@/lib/pageErrors";
import { bytes, millis, percent, withUnit } from "./words";

it("says figures shortly, and a dash where nothing was measured", () => {
  expect([bytes(25 * 1024 * 1024), bytes(1.5 * 1024 ** 3), bytes(null)]).toEqual(["25 MB", "1.5 GB", "–"]);
  expect([percent(3.21), percent(250.4), percent(null)]).toEqual(["3.2 %", "250 %", "–"]);
  expect([millis(0.42), millis(18.6), millis(1500), millis(30_000), millis(null)]).toEqual([
    "0.4 ms",
    "19 ms",
    "1.5 s",
    "30 s",
    "–",
  ]);
});

it("sets a figure's unit apart, where there is one figure", () => {
  expect(["12 ms", "3 of 40", "63 / min", "1,284", "1 min 5 s", "–"].map(withUnit)).toEqual([
    ["12", "ms"],
    ["3", "of 40"],
    ["63", "/ min"],
    ["1,284", undefined],
    ["1 min 5 s", undefined],
    ["–", undefined],
  ]);
});

it("tells where an error was without what the address names", () => {
  expect(place("/desktops/01JD8ZQK5T7V9XWBCDEFGHJKMN/view")).toBe("/desktops/:id/view");
  expect(place("/invite/s3cret")).toBe("/invite/:id");
  expect(place("/")).toBe("/");
});
