// How long the way to the desktop and back takes, measured and not guessed: the page asks the desktop's screen for one
// pixel, in full, over the same socket that carries picture and keys, and waits for that answer. The screen's size comes
// with every such answer and with little else, so the answer is known when it passes. No answer seen: no number.

/** Not sooner: the whole first picture is on its way until then, and would be measured with it. */
export const FIRST_PROBE_MS = 1_000;
/** Between two measurements while the page is visible. */
export const PROBE_EVERY_MS = 5_000;
/** Not a byte for this long, although asked: the socket is dead even if nobody said so. */
export const SILENT_MS = 20_000;

/** RFB FramebufferUpdateRequest: not incremental, x 0, y 0, width 1, height 1 (RFC 6143, 7.5.3). */
export const PROBE = Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 1, 0, 1);

/** Is the answer to the probe in these bytes? Looks for the screen-size rectangle, or for the one pixel itself. */
export function holdsAnswer(bytes: Uint8Array): boolean {
  return holdsScreenSize(bytes) || startsWithOnePixel(bytes);
}

/** x 0 (the server says so), y 0 (no error), any size, encoding -308 (ExtendedDesktopSize). */
function holdsScreenSize(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(0xfe, 10); at !== -1; at = bytes.indexOf(0xfe, at + 1)) {
    const zeros = bytes[at - 10] === 0 && bytes[at - 9] === 0 && bytes[at - 8] === 0 && bytes[at - 7] === 0;
    if (zeros && bytes[at - 2] === 0xff && bytes[at - 1] === 0xff && bytes[at + 1] === 0xcc) return true;
  }
  return false;
}

/** A FramebufferUpdate whose first rectangle is the pixel that was asked for. */
function startsWithOnePixel(bytes: Uint8Array): boolean {
  const rectangle = [0, 0, 0, 0, 0, 1, 0, 1];
  return bytes[0] === 0 && rectangle.every((byte, index) => bytes[4 + index] === byte);
}

export type Strength = "good" | "fair" | "slow" | "none";

/** 0 to 4 bars, and the word that goes with them. Null: not measured, or not connected. */
export function strength(ms: number | null): { bars: 0 | 1 | 2 | 3 | 4; word: Strength } {
  if (ms === null) return { bars: 0, word: "none" };
  if (ms < 60) return { bars: 4, word: "good" };
  if (ms < 120) return { bars: 3, word: "good" };
  if (ms < 250) return { bars: 2, word: "fair" };
  return { bars: 1, word: "slow" };
}

/** The middle one of the last few, so that a single slow answer does not jump. Null for none. */
export function middle(samples: readonly number[]): number | null {
  if (samples.length === 0) return null;
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
