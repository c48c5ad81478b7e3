import { describe, expect, it } from "vitest";
import type { Context } from "@/features/desktops/sentences";
import type { Desktop } from "@/lib/api";
import { endedWords, lengthOfTime, onItsWay, placeInLine } from "./words";

const context: Context = { now: Date.UTC(2026, 10, 23, 12), me: "jonas", typicalStartMs: null, underWay: 0 };
const desktop: Desktop = {
  id: "d1",
  name: "Thesis",
  owner: "jonas",
  template: "light",
  status: "running",
  desired: "running",
  reason: null,
  step: null,
  steps: [],
  queue: null,
  attempt: { n: 1, max: 8, last_error: null },
  version: 1,
  created_at: "2026-11-23T11:00:00Z",
  started_at: null,
  stopped_at: null,
  stopped_by: null,
  last_active_at: null,
  job_id: null,
  connect: null,
  newer_image: false,
};
const queue = { position: 3, eta_seconds: 22, ahead: 2, slots: { busy: 4, total: 4 }, reason: null };

it.each([
  [-5, "0 s"],
  [59_999, "59 s"],
  [61_000, "1 min"],
  [7_300_000, "2 h"],
])("%i ms is %s", (ms, words) => expect(lengthOfTime(ms)).toBe(words));

describe("on its way", () => {
  it("says the place and the wait, or that there is no estimate", () => {
    expect(placeInLine({ ...desktop, status: "queued", queue })).toBe("3rd in line, about 25 s");
    expect(placeInLine({ ...desktop, status: "queued", queue: { ...queue, eta_seconds: null } })).toBe(
      "3rd in line, no estimate",
    );
    expect(placeInLine(desktop)).toBeNull();
  });

  it("says what a running desktop is waited for", () => {
    expect(onItsWay(desktop, context).text).toBe("The desktop is running. Waiting for its screen.");
    expect(onItsWay({ ...desktop, status: "starting" }, context).text).toBe("Being set up.");
  });
});

describe("ended", () => {
  const title = (...args: Parameters<typeof endedWords>) => {
    const { title, next } = endedWords(...args);
    return `${title} → ${next}`;
  };

  it("says which, and the next step", () => {
    const at = (status: Desktop["status"]) => ({ ...desktop, status });
    expect(title("stopped", at("stopped"), "Thesis", context)).toBe("This desktop has stopped → Start it again");
    expect(title("stopped", at("stopping"), "Thesis", context)).toBe("This desktop is stopping → Start it again");
    expect(title("failed", at("failed"), "Thesis", context)).toBe("This desktop has failed → Try again");
    expect(title("lost", at("running"), "Thesis", context)).toBe("This desktop ended → Start it again");
    expect(title("deleted", at("deleting"), "Thesis", context)).toBe("This desktop is being deleted → null");
    expect(title("deleted", null, "Thesis", context)).toBe("This desktop was deleted → null");
    expect(title("deleted", null, null, context)).toBe("There is no such desktop → null");
    expect(title("signed_out", desktop, "Thesis", context)).toBe("You are signed out → Sign in");
  });

  it("tells a start that failed from a desktop that broke", () => {
    const failed: Desktop = { ...desktop, status: "failed", reason: { code: "no_answer", text: "It did not answer" } };
    expect(endedWords("failed", failed, "Thesis", context)).toMatchObject({
      title: "This desktop could not start",
      lead: "It did not answer.",
    });
  });

  it("does not claim how it stopped before the record says so", () => {
    expect(endedWords("stopped", desktop, "Thesis", context).text).toBe("Files in its home folder stay.");
  });
});
