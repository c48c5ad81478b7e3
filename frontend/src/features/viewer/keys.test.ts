import { describe, expect, it } from "vitest";
import { COMBINATIONS, CONSOLES, keysymOf, press, typed, typeText } from "./keys";

function sent(work: (send: (keysym: number, code: string | null, down?: boolean) => void) => void): string[] {
  const log: string[] = [];
  work((keysym, code, down) => log.push(`${code ?? keysym.toString(16)}${down === undefined ? "" : down ? "↓" : "↑"}`));
  return log;
}

it("presses a combination as fingers do", () => {
  const first = COMBINATIONS[0];
  expect(first?.name).toBe("Ctrl+Alt+Del");
  expect(sent((send) => press(send, first?.keys ?? []))).toEqual([
    "ControlLeft↓",
    "AltLeft↓",
    "Delete↓",
    "Delete↑",
    "AltLeft↑",
    "ControlLeft↑",
  ]);
});

it("has all twelve consoles", () => {
  expect(CONSOLES).toHaveLength(12);
  expect(CONSOLES[0]?.keys[2]).toEqual({ keysym: 0xffbe, code: "F1" });
  expect(CONSOLES[11]?.keys[2]).toEqual({ keysym: 0xffc9, code: "F12" });
});

describe("text as keys", () => {
  it.each([
    ["a", 0x61],
    ["~", 0x7e],
    ["é", 0xe9],
    ["€", 0x010020ac],
    ["漢", 0x01006f22],
    ["🙂", 0x0101f642],
    ["\n", 0xff0d],
    ["\t", 0xff09],
  ])("%j is %i", (character, keysym) => {
    expect(keysymOf(character)).toBe(keysym);
  });

  it("types line ends once", () => {
    expect(sent((send) => typeText(send, "a\r\nb"))).toEqual(["61", "ff0d", "62"]);
  });
});

it.each([
  ["abc", "abcd", 0, "d"],
  ["abc", "ab", 1, ""],
  ["abc", "abX", 1, "X"],
  ["the", "there ", 0, "re "],
  ["teh", "the ", 2, "he "],
  ["a🙂", "a", 1, ""],
  ["abc", "abc", 0, ""],
])("from %j to %j: %i away, then %j", (before, after, removed, added) => {
  expect(typed(before, after)).toEqual({ removed, added });
});
