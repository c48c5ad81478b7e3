import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { runs, Sparkline } from "./Sparkline";

it("carries its numbers in its label, and breaks where nothing was measured", () => {
  const { container } = render(<Sparkline values={[1, 2, null, 4]} label="Now 4 seconds" />);
  expect(screen.getByRole("img", { name: "Now 4 seconds" })).toBeInTheDocument();
  expect(container.querySelectorAll("g")).toHaveLength(2);
  expect(container.innerHTML).not.toMatch(/NaN|Infinity/);
});

it("draws an empty half hour, one minute, and a mark above all values", () => {
  for (const values of [[], [null, null], [0, 0], [5]]) {
    const { container, unmount } = render(<Sparkline values={values} mark={30} label="x" />);
    expect(container.innerHTML).not.toMatch(/NaN|Infinity/);
    unmount();
  }
});

it("finds the stretches without a gap", () => {
  expect(runs([null, 1, 2, null, 3]).map((run) => run.map(({ index }) => index))).toEqual([[1, 2], [4]]);
  expect(runs([null])).toEqual([]);
});
