import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Gather } from "./gather";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("runs at once for the first sign, and once for all that come while it rests", () => {
  const run = vi.fn();
  const gather = new Gather(1000, run);
  gather.ask();
  expect(run).toHaveBeenCalledTimes(1);
  for (let n = 0; n < 50; n += 1) gather.ask();
  vi.advanceTimersByTime(999);
  expect(run).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1);
  expect(run).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(5000);
  expect(run).toHaveBeenCalledTimes(2);
  gather.ask();
  expect(run).toHaveBeenCalledTimes(3);
});

it("runs no more once it is stopped", () => {
  const run = vi.fn();
  const gather = new Gather(1000, run);
  gather.ask();
  gather.ask();
  gather.stop();
  gather.ask();
  vi.advanceTimersByTime(5000);
  expect(run).toHaveBeenCalledTimes(1);
});
