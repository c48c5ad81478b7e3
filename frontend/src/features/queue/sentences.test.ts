import { expect, it } from "vitest";
import type { AttemptOutcome, JobState, QueueReasonCode } from "@/lib/api";
import { WAITING_SHORT } from "@/features/desktops/reasons";
import { jobThat } from "@/testing/adminFactories";
import { queueInfo } from "@/testing/factories";
import { cancelMeans, line, say, shownThing, timeFigure } from "./sentences";
import { actionWord, JOB_STATE, KINDS, OUTCOME, OUTCOME_MEANS, STATES } from "./states";

const NOW = Date.parse("2026-03-03T12:04:31Z");
const before = (ms: number) => new Date(NOW - ms).toISOString();
const BROKEN = /undefined|null|NaN|Invalid|\[object|\.\.| {2}/;

it.each(STATES)("has words, a figure and an action's name for %s, with and without what may be missing", (state) => {
  for (const kind of KINDS) {
    const full = jobThat(state, { kind });
    const bare = jobThat(state, {
      kind,
      queue: null,
      step: null,
      last_error: null,
      worker: null,
      lease_until: null,
      started_at: null,
      ended_by: null,
    });
    for (const job of [full, bare]) {
      for (const text of [line(job, NOW), say(job, NOW), timeFigure(job, NOW)]) expect(text).not.toMatch(BROKEN);
      expect(say(job, NOW)).toMatch(/[.]$/);
      expect(timeFigure(job, NOW)).not.toBe("");
      expect(actionWord("retry", job)).not.toBe("");
      expect(actionWord("cancel", job)).toMatch(/^Cancel/);
    }
  }
  expect(JOB_STATE[state].none).toMatch(/[.]$/);
});

it("names a pull by its image, and says how far it has come", () => {
  const pull = jobThat("running", {
    kind: "image.pull",
    image: "r.example/xfce:1",
    progress: "312 of 690 MB",
    step: null,
  });
  expect(shownThing(pull)).toBe("r.example/xfce:1");
  expect(line(pull, NOW)).toBe("312 of 690 MB");
  expect(shownThing(jobThat("running", { desktop_name: "Thesis" }))).toBe("Thesis");
});

it("words each outcome of an attempt; one that lost its lease has not failed", () => {
  for (const outcome of Object.keys(OUTCOME) as AttemptOutcome[]) expect(OUTCOME[outcome].word).not.toBe("");
  expect(OUTCOME.lost.tone).toBe("idle");
  expect(OUTCOME_MEANS.lost).toMatch(/Not counted as the job’s fault/);
});

it.each(Object.keys(WAITING_SHORT) as QueueReasonCode[])("says the place, the wait and the reason %s", (code) => {
  const reason = { code, text: "x", since: null };
  const job = jobThat("available", { queue: queueInfo({ position: 3, eta_seconds: 23, reason }) });
  expect(line(job, NOW)).toBe(`3rd in line, about 25 s: ${WAITING_SHORT[code]}`);
  const none = jobThat("available", { queue: queueInfo({ position: null, eta_seconds: null, reason }) });
  expect(line(none, NOW)).toBe(`In line, no estimate: ${WAITING_SHORT[code]}`);
});

it.each<[JobState, string, string]>([
  ["available", before(12_000), "12 s"],
  ["available", before(3 * 60_000 + 4), "3 min"],
])("counts how long a %s job from %s waits: %s", (state, created_at, figure) => {
  expect(timeFigure(jobThat(state, { created_at }), NOW)).toBe(figure);
});

it("counts down to the next try, never below now", () => {
  expect(timeFigure(jobThat("retryable", { run_at: before(-6_000) }), NOW)).toBe("in 6 s");
  expect(timeFigure(jobThat("retryable", { run_at: before(-200) }), NOW)).toBe("in 1 s");
  expect(timeFigure(jobThat("retryable", { run_at: before(5_000) }), NOW)).toBe("now");
});

it("says what cancelling a start means, for a start only", () => {
  expect(cancelMeans(jobThat("available", { user_display_name: "Jonas Weber" }))).toBe(
    "Jonas’s desktop will be stopped.",
  );
  expect(cancelMeans(jobThat("available", { user_display_name: " ", user: "tom" }))).toBe(
    "tom’s desktop will be stopped.",
  );
  expect(cancelMeans(jobThat("available", { kind: "desktop.stop" }))).toBeNull();
});

it("names who cancelled, and what giving up waits for", () => {
  expect(say(jobThat("cancelled", { ended_by: "mara", finished_at: before(1000) }), NOW)).toMatch(
    /^Cancelled by mara at .*04:30\.$/,
  );
  expect(say(jobThat("discarded", { last_error: "No image on dock-01" }), NOW)).toBe(
    "Given up: No image on dock-01. Retrying makes sense once that is put right.",
  );
});
