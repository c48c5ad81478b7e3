import { expect, it } from "vitest";
import { levelsFor, type Levels } from "./quality";

it("keeps a chosen quality whatever the latency", () => {
  expect(levelsFor("sharp", 900, null)).toEqual({ quality: 9, compression: 1 });
  expect(levelsFor("fast", 2, null)).toEqual({ quality: 3, compression: 6 });
});

it("follows the latency, and does not flip at a border", () => {
  const seen: number[] = [];
  let now: Levels | null = null;
  for (const ms of [null, 20, 50, 70, 50, 130, 160, 130, 105, null]) {
    now = levelsFor("auto", ms, now);
    seen.push(now.quality);
  }
  expect(seen).toEqual([6, 8, 8, 6, 6, 6, 4, 4, 6, 6]);
});
