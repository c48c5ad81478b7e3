import { renderHook } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { useChords } from "./chords";
import { setShortcutsOn, useShortcuts } from "./shortcuts";

it("takes two keys, and leaves the second one to nobody else", async () => {
  const [go, retry] = [vi.fn(), vi.fn()];
  const [chords, keys] = [{ r: go }, { r: retry }];
  renderHook(() => {
    useShortcuts(keys);
    useChords("g", chords);
  });
  const press = userEvent.setup();
  await press.keyboard("r");
  expect([go, retry].map((run) => run.mock.calls.length)).toEqual([0, 1]);
  await press.keyboard("gr");
  expect([go, retry].map((run) => run.mock.calls.length)).toEqual([1, 1]);
  await press.keyboard("gxr");
  expect([go, retry].map((run) => run.mock.calls.length)).toEqual([1, 2]);
});

it("stays quiet while somebody types, and when shortcuts are off", async () => {
  const go = vi.fn();
  const chords = { q: go };
  renderHook(() => useChords("g", chords));
  const field = document.body.appendChild(document.createElement("input"));
  const press = userEvent.setup();
  field.focus();
  await press.keyboard("gq");
  field.remove();
  setShortcutsOn(false);
  await press.keyboard("gq");
  expect(go).not.toHaveBeenCalled();
  setShortcutsOn(true);
});
