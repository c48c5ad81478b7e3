import { describe, expect, it } from "vitest";
import type { DesktopStatus, QueueReasonCode, ReasonCode } from "@/lib/api";
import { desktopThat, queueInfo } from "@/testing/factories";
import { ADVICE, FAILED_SHORT, STOPPED_BECAUSE, WAITING, WAITING_SHORT } from "./reasons";
import { SAY, SAY_SHORT } from "./sentences";
import { inOrder, STATUS } from "./status";

const STATUSES: DesktopStatus[] = ["queued", "starting", "running", "stopping", "stopped", "failed", "deleting"];
const QUEUE_CODES = Object.keys(WAITING) as QueueReasonCode[];
const REASON_CODES = Object.keys(ADVICE) as ReasonCode[];
const FORBIDDEN =
  /container|\bjob\b|worker|lease|\bpod\b|instance|session|spawn|provision|please|oops|!|undefined|NaN|null/i;
const context = { now: Date.now(), me: "jonas", typicalStartMs: 3000, underWay: 2 };

describe("the status vocabulary", () => {
  it.each(STATUSES)("has a word, a sentence and a short sentence for %s", (status) => {
    const desktop = desktopThat(status);
    const { lead = "", text } = SAY[status](desktop, context);
    const all = [STATUS[status].word, lead, text, SAY_SHORT[status](desktop, context)].join(" ");
    expect(text).toMatch(/\.$/);
    expect(all).not.toMatch(FORBIDDEN);
  });

  it("gives every status but deleting a way to delete, and none a greyed-out one", () => {
    for (const status of STATUSES) expect(STATUS[status].actions.includes("delete")).toBe(status !== "deleting");
  });

  it.each(QUEUE_CODES)("says why a start waits: %s", (code) => {
    const at = new Date(context.now + 6000).toISOString();
    const reason = { code, text: "it did not answer in time", retry_at: at, since: at };
    const { lead = "", text } = WAITING[code](queueInfo(), reason, context);
    expect(`${lead} ${text} ${WAITING_SHORT[code]}`).not.toMatch(FORBIDDEN);
    expect(lead).toMatch(/\.$/);
  });

  it.each(REASON_CODES)("knows what to say of %s, failed or stopped", (code) => {
    const reason = { code, text: "Something happened" };
    const failed = SAY.failed(desktopThat("failed", { reason }), context);
    const stopped = SAY.stopped(desktopThat("stopped", { reason }), context);
    const all = `${failed.lead} ${failed.text} ${stopped.text} ${FAILED_SHORT[code]} ${STOPPED_BECAUSE[code] ?? ""}`;
    expect(all).not.toMatch(FORBIDDEN);
  });

  it("names who stopped a desktop", () => {
    const by = (stopped_by: string) => SAY.stopped(desktopThat("stopped", { stopped_by }), context).text;
    expect(by("jonas")).toMatch(/by you\.$/);
    expect(by("amina")).toMatch(/by amina\.$/);
  });

  it("counts the tries of a start", () => {
    const desktop = desktopThat("starting", { attempt: { n: 2, max: 8, last_error: "it did not answer" } });
    expect(SAY.starting(desktop, context).text).toBe(
      "The first try did not work (it did not answer). Trying again, 2 of 8.",
    );
  });
});

describe("the order of the list", () => {
  it("is running, starting, queued, failed, then the rest; newest first", () => {
    const old = desktopThat("running", { name: "old", created_at: "2026-01-01T00:00:00Z" });
    const young = desktopThat("running", { name: "young", created_at: "2026-02-01T00:00:00Z" });
    const rest = (["stopped", "failed", "queued", "starting"] as const).map((status) => desktopThat(status));
    expect(inOrder([...rest, old, young]).map((desktop) => desktop.status)).toEqual([
      "running",
      "running",
      "starting",
      "queued",
      "failed",
      "stopped",
    ]);
    expect(inOrder([old, young])[0]?.name).toBe("young");
  });
});
