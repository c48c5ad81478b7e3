import { expect, it } from "vitest";
import { age, ago, moment, workerName } from "./words";

it.each([
  [0, "0 s"],
  [59_999, "59 s"],
  [60_000, "1 min"],
  [3_600_000, "1 h"],
  [47 * 3_600_000, "47 h"],
  [72 * 3_600_000, "3 d"],
  [-5, "0 s"],
])("%d ms is %s", (ms, words) => {
  expect(age(ms)).toBe(words);
});

it("does not count the first seconds", () => {
  expect(ago(900)).toBe("just now");
  expect(ago(17_000)).toBe("17 s ago");
});

it("names the day of a moment only when it is another one", () => {
  const now = new Date(2026, 2, 3, 12, 4, 31).getTime();
  expect(moment(now - 60_000, now)).toBe("12:03:31");
  expect(moment(now - 86_400_000, now)).toBe("2 Mar, 12:04:31");
});

it("leaves out what only makes a worker's id unique", () => {
  expect(workerName("dock-01-3301-01jd8z5t9qk4m2abcdefghjkmn")).toBe("dock-01-3301");
  expect(workerName("worker-a")).toBe("worker-a");
});
