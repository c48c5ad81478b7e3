import { beforeEach, expect, it } from "vitest";
import { rememberedQuality, rememberedSize, rememberQuality, rememberSize } from "./settings";

beforeEach(() => localStorage.clear());

it("resizes the desktop in a wide window, and fits the picture in a narrow one", () => {
  expect(rememberedSize(1440)).toBe("resize");
  expect(rememberedSize(390)).toBe("fit");
});

it("remembers a choice", () => {
  rememberSize("actual");
  rememberQuality("fast");
  expect(rememberedSize(1440)).toBe("actual");
  expect(rememberedQuality()).toBe("fast");
});

it("does not trust what it finds", () => {
  localStorage.setItem("berth.viewer.size", "huge");
  localStorage.setItem("berth.viewer.quality", "");
  expect(rememberedSize(1440)).toBe("resize");
  expect(rememberedQuality()).toBe("auto");
});
