import { renderHook } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { useLeaveKeys } from "./useLeaveKeys";

function press(type: "keydown" | "keyup", code: string, held: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent(type, { code, bubbles: true, cancelable: true, ...held });
  document.body.dispatchEvent(event);
  return event;
}
const all = { ctrlKey: true, altKey: true, shiftKey: true };

it("leaves by Ctrl+Alt+Shift, in any order, and keeps it from the desktop", () => {
  const leave = vi.fn();
  renderHook(() => useLeaveKeys(true, leave));
  for (const code of ["ShiftLeft", "ControlRight", "AltLeft"])
    expect(press("keydown", code, all).defaultPrevented).toBe(true);
  expect(leave).toHaveBeenCalledTimes(3);
});

it("lets everything else through", () => {
  const leave = vi.fn();
  renderHook(() => useLeaveKeys(true, leave));
  press("keydown", "KeyA", all);
  press("keydown", "ShiftLeft", { ...all, altKey: false });
  press("keydown", "ShiftLeft", { ...all, modifierAltGraph: true });
  expect(leave).not.toHaveBeenCalled();
});

it("takes the right Alt for a letter key, until it is let go", () => {
  const leave = vi.fn();
  renderHook(() => useLeaveKeys(true, leave));
  press("keydown", "AltRight", { ctrlKey: true, altKey: true });
  press("keydown", "ShiftLeft", all);
  expect(leave).not.toHaveBeenCalled();
  press("keyup", "AltRight");
  press("keydown", "ShiftLeft", all);
  expect(leave).toHaveBeenCalledOnce();
});

it("listens only while there is a picture", () => {
  const leave = vi.fn();
  const { unmount } = renderHook(() => useLeaveKeys(false, leave));
  press("keydown", "ShiftLeft", all);
  unmount();
  expect(leave).not.toHaveBeenCalled();
});
