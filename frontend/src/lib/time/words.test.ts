import { describe, expect, it } from "vitest";
import { aboutWait, ago, countdown, day, lengthWords, ordinal, roundLength, waitWords } from "./words";

describe("a wait in words", () => {
  it.each([
    [null, null],
    [0, "a few seconds"],
    [9.9, "a few seconds"],
    [10, "about 10 s"],
    [23, "about 25 s"],
    [60, "about 60 s"],
    [61, "about 2 min"],
    [600, "about 10 min"],
    [601, "more than 10 min"],
  ])("%s seconds", (seconds, words) => {
    expect(aboutWait(seconds)).toBe(words);
  });

  it("goes in steps of five up to a minute", () => {
    for (let seconds = 10; seconds <= 60; seconds += 1) expect(Number(waitWords(seconds)?.split(" ")[0]) % 5).toBe(0);
  });
});

it("writes places in line", () => {
  expect([1, 2, 3, 4, 11, 12, 13, 21, 102, 111].map(ordinal)).toEqual([
    "1st",
    "2nd",
    "3rd",
    "4th",
    "11th",
    "12th",
    "13th",
    "21st",
    "102nd",
    "111th",
  ]);
});

it("writes measured lengths", () => {
  expect([0, 600, 3200, 12_400, 60_000, 65_000].map(lengthWords)).toEqual([
    "0.0 s",
    "0.6 s",
    "3.2 s",
    "12 s",
    "1 min",
    "1 min 5 s",
  ]);
  expect(roundLength(3000)).toBe("3 s");
  expect(lengthWords(-500)).toBe("0.0 s");
});

it("counts down", () => {
  expect([42, 0.2, 125, 3725].map(countdown)).toEqual(["0:42", "0:01", "2:05", "1:02:05"]);
});

it("says how long ago", () => {
  const now = new Date(2026, 10, 23, 12, 0).getTime();
  const back = (minutes: number) => ago(now - minutes * 60_000, now);
  expect([0.5, 1, 26, 60, 180].map(back)).toEqual([
    "just now",
    "1 minute ago",
    "26 minutes ago",
    "1 hour ago",
    "3 hours ago",
  ]);
  expect(day(new Date(2026, 10, 22, 18, 40).getTime(), now)).toBe("yesterday at 18:40");
  expect(day(new Date(2026, 10, 23, 0, 5).getTime(), now)).toBe("today at 00:05");
  expect(day(new Date(2026, 2, 3, 18, 40).getTime(), now)).toBe("on 3 Mar at 18:40");
  expect(day(new Date(2025, 2, 3, 18, 40).getTime(), now)).toBe("on 3 Mar 2025");
});
