import { expect, it } from "vitest";
import type { Job } from "@/lib/api";
import { job, jobThat } from "@/testing/adminFactories";
import { merge, replace } from "./liveList";

const at = (n: number, over: Partial<Job> = {}) => job({ id: `01J${String(n).padStart(5, "0")}`, ...over });
const ids = (jobs: Job[]) => jobs.map(({ id }) => Number(id.slice(3)));
const page = (items: Job[], next_cursor: string | null = "more") => ({ items, next_cursor });

it("changes known rows where they stand, and only counts new ones, while the table is in use", () => {
  const known = [at(5), at(4), at(3)];
  const { items, left, arrived } = merge(known, page([at(7), at(6), at(5), at(4, { state: "running" }), at(3)]), true);
  expect(ids(items)).toEqual([5, 4, 3]);
  expect(items[1]?.state).toBe("running");
  expect({ left, arrived }).toEqual({ left: [], arrived: 2 });
});

it("keeps and marks a row that the filter no longer finds while the table is in use", () => {
  const known = [at(5), at(4), at(3)];
  const { items, left } = merge(known, page([at(5), at(3)]), true);
  expect(ids(items)).toEqual([5, 4, 3]);
  expect(left).toEqual([known[1]?.id]);
});

it("at rest shows the answer: new ones come, those that left go, one comes back into the middle", () => {
  const known = [at(6), at(4), at(3)];
  const { items, left, arrived } = merge(known, page([at(7), at(6), at(5), at(3)]), false);
  expect(ids(items)).toEqual([7, 6, 5, 3]);
  expect({ left, arrived }).toEqual({ left: [], arrived: 0 });
});

it("says nothing about rows below the answer's last one, unless it is the end of the list", () => {
  const known = [at(5), at(4), at(3), at(2)];
  expect(ids(merge(known, page([at(6), at(5), at(4)]), false).items)).toEqual([6, 5, 4, 3, 2]);
  expect(ids(merge(known, page([at(5), at(4)], null), false).items)).toEqual([5, 4]);
});

it("does not take the next page's jobs for new ones", () => {
  const { items, arrived } = merge([at(5), at(4)], page([at(5), at(4), at(3), at(2)]), true);
  expect(ids(items)).toEqual([5, 4]);
  expect(arrived).toBe(0);
});

it("keeps the same rows when nothing changed, so that nothing is drawn again", () => {
  const known = [at(5), at(4)];
  const again = known.map((one) => ({ ...one }));
  expect(merge(known, page(again), false).items).toBe(known);
});

it("fills an empty list", () => {
  expect(ids(merge([], page([at(2), at(1)], null), false).items)).toEqual([2, 1]);
  expect(merge([], page([at(2), at(1)], null), true).arrived).toBe(2);
});

it("puts one job's news into the page that has it, and leaves others alone", () => {
  const first = jobThat("running");
  const held = page([first]);
  expect(replace(held, { ...first, state: "completed" }).items[0]?.state).toBe("completed");
  expect(replace(held, jobThat("running"))).toBe(held);
});
