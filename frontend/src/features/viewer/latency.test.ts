import { describe, expect, it } from "vitest";
import { holdsAnswer, middle, PROBE, strength } from "./latency";

const screenSize = [0, 0, 0, 1, 0, 0, 0, 0, 0x05, 0xa0, 0x03, 0x84, 0xff, 0xff, 0xfe, 0xcc, 1, 0, 0, 0];

describe("the probe", () => {
  it("asks for one pixel, in full", () => {
    expect([...PROBE]).toEqual([3, 0, 0, 0, 0, 0, 0, 1, 0, 1]);
  });

  it("knows its answer by the screen's size", () => {
    expect(holdsAnswer(Uint8Array.from(screenSize))).toBe(true);
  });

  it("knows its answer behind another message", () => {
    expect(holdsAnswer(Uint8Array.from([2, 0xfe, 0xfe, 7, ...screenSize]))).toBe(true);
  });

  it("knows its answer by the pixel alone", () => {
    expect(holdsAnswer(Uint8Array.from([0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 7]))).toBe(true);
  });

  it.each([
    ["nothing", []],
    ["another rectangle", [0, 0, 0, 1, 0, 9, 0, 0, 0, 1, 0, 1, 0, 0, 0, 7]],
    ["a size that another viewer asked for", [0, 0, 0, 1, 0, 2, 0, 0, 5, 160, 3, 132, 0xff, 0xff, 0xfe, 0xcc]],
    ["a bell", [2]],
    ["an answer cut off", screenSize.slice(0, 15)],
  ])("does not take %s for it", (_name, bytes) => {
    expect(holdsAnswer(Uint8Array.from(bytes))).toBe(false);
  });
});

describe("strength", () => {
  it.each([
    [null, 0, "none"],
    [18, 4, "good"],
    [60, 3, "good"],
    [120, 2, "fair"],
    [250, 1, "slow"],
  ] as const)("%s ms: %s bars, %s", (ms, bars, word) => {
    expect(strength(ms)).toEqual({ bars, word });
  });
});

it("takes the middle one, so that one slow answer does not jump", () => {
  expect(middle([])).toBeNull();
  expect(middle([20])).toBe(20);
  expect(middle([20, 900, 22])).toBe(22);
  expect(middle([20, 900])).toBe(20);
});
