// Picture quality: what the three choices mean to the server. Levels are noVNC's, 0 to 9.

export const QUALITIES = ["auto", "sharp", "fast"] as const;
export type Quality = (typeof QUALITIES)[number];

export interface Levels {
  /** JPEG quality: 9 is the best picture and the most bytes. */
  quality: number;
  /** Packing effort at the server: 9 is the fewest bytes and the most work. */
  compression: number;
}

export const QUALITY_WORDS: Record<Quality, { word: string; long: string; hint: string }> = {
  auto: { word: "Auto", long: "automatic", hint: "Follows the connection" },
  sharp: { word: "Sharp", long: "sharp", hint: "Best picture, more data" },
  fast: { word: "Fast", long: "fast", hint: "Less data, quicker on a slow line" },
};

const NEAR: Levels = { quality: 8, compression: 2 };
const MIDDLE: Levels = { quality: 6, compression: 2 };
const FAR: Levels = { quality: 4, compression: 6 };

/** Levels for a choice at a measured latency; `now` are the ones in use, left alone while the latency is about the same. */
export function levelsFor(choice: Quality, ms: number | null, now: Levels | null): Levels {
  switch (choice) {
    case "sharp":
      return { quality: 9, compression: 1 };
    case "fast":
      return { quality: 3, compression: 6 };
    case "auto":
      return automatic(ms, now);
  }
}

function automatic(ms: number | null, now: Levels | null): Levels {
  if (ms === null) return now ?? MIDDLE;
  // Leaving a step takes a clearly different latency than reaching it, or the picture would flip at the border.
  const nearUntil = same(now, NEAR) ? 60 : 40;
  const farFrom = same(now, FAR) ? 110 : 150;
  if (ms < nearUntil) return NEAR;
  return ms > farFrom ? FAR : MIDDLE;
}

function same(a: Levels | null, b: Levels): boolean {
  return a !== null && a.quality === b.quality && a.compression === b.compression;
}
