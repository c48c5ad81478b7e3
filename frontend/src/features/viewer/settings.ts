// What this browser remembers about the viewer, for every desktop: how the picture is sized, and its quality.
import { QUALITIES, type Quality } from "./quality";

export const SIZES = ["fit", "actual", "resize"] as const;
export type Size = (typeof SIZES)[number];

export const SIZE_WORDS: Record<Size, { word: string; long: string; hint: string }> = {
  fit: { word: "Fit", long: "fit to window", hint: "Scales the picture to this window" },
  actual: { word: "100 %", long: "100 percent", hint: "One to one; move the picture when it is larger" },
  resize: { word: "Resize the desktop", long: "resize the desktop", hint: "Gives the desktop this window’s size" },
};
/** The bar has room for one word. */
export const SIZE_SHORT: Record<Size, string> = { fit: "Fit", actual: "100 %", resize: "Resize" };

const SIZE_KEY = "berth.viewer.size";
const QUALITY_KEY = "berth.viewer.quality";

/** On a narrow screen the desktop is not made narrow for everybody: the picture is fitted. */
export function defaultSize(windowWidth: number): Size {
  return windowWidth < 760 ? "fit" : "resize";
}

export function rememberedSize(windowWidth: number): Size {
  return oneOf(SIZES, read(SIZE_KEY)) ?? defaultSize(windowWidth);
}

export function rememberedQuality(): Quality {
  return oneOf(QUALITIES, read(QUALITY_KEY)) ?? "auto";
}

export function rememberSize(size: Size): void {
  write(SIZE_KEY, size);
}

export function rememberQuality(quality: Quality): void {
  write(QUALITY_KEY, quality);
}

export function oneOf<T extends string>(all: readonly T[], value: string | null): T | null {
  return all.find((one) => one === value) ?? null;
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is closed to us: the choice lasts as long as the page.
  }
}
