import { beforeEach, expect, it, vi } from "vitest";
import { crop, dropPicture, HEIGHT, keepOnly, keepPicture, kept, KEPT, MAX_CHARS, WIDTH } from "./pictures";

const dataUrl = "data:image/jpeg;base64,AAAA";
beforeEach(() => localStorage.clear());

it("keeps a picture under the name that the home page reads", () => {
  keepPicture(localStorage, "d1", { at: 7, dataUrl });
  expect(JSON.parse(localStorage.getItem("berth.picture.d1") ?? "")).toEqual({ at: 7, dataUrl });
});

it("keeps the newest twelve, and nothing else's business", () => {
  localStorage.setItem("berth.viewer.size", "fit");
  for (let n = 1; n <= KEPT + 3; n += 1) keepPicture(localStorage, `d${n}`, { at: n, dataUrl });
  expect(kept(localStorage).map(({ id }) => id)).toEqual(
    Array.from({ length: KEPT }, (_, index) => `d${KEPT + 3 - index}`),
  );
  expect(localStorage.getItem("berth.viewer.size")).toBe("fit");
});

it("lets go of those that are gone", () => {
  for (const id of ["a", "b", "c"]) keepPicture(localStorage, id, { at: 1, dataUrl });
  keepOnly(localStorage, ["b", "c", "x"]);
  dropPicture(localStorage, "c");
  expect(kept(localStorage).map(({ id }) => id)).toEqual(["b"]);
});

it("does not keep one that is too large, and survives a full storage", () => {
  keepPicture(localStorage, "d1", { at: 1, dataUrl: "x".repeat(MAX_CHARS + 1) });
  expect(kept(localStorage)).toEqual([]);
  const full = vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  expect(() => keepPicture(localStorage, "d1", { at: 1, dataUrl })).not.toThrow();
  full.mockRestore();
});

it("counts unreadable ones as the oldest", () => {
  localStorage.setItem("berth.picture.odd", "{");
  keepPicture(localStorage, "d1", { at: 1, dataUrl });
  expect(kept(localStorage).map(({ id }) => id)).toEqual(["d1", "odd"]);
});

it.each([
  [1440, 900],
  [1920, 1080],
  [390, 844],
])("fills the small picture from a screen of %i × %i", (width, height) => {
  const part = crop(width, height);
  expect(part.width / part.height).toBeCloseTo(WIDTH / HEIGHT);
  expect(part.x).toBeGreaterThanOrEqual(0);
  expect(part.x + part.width).toBeLessThanOrEqual(width + 0.001);
  expect(part.y + part.height).toBeLessThanOrEqual(height + 0.001);
});
