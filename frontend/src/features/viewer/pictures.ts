// The last small picture of each desktop's screen, kept in this browser for the home page. Nothing of it leaves the
// browser. Names and shape: `berth.picture.<desktop id>` = {at, dataUrl}, at in milliseconds.

const PREFIX = "berth.picture.";
export const KEPT = 12;
export const WIDTH = 320;
export const HEIGHT = 200;
export const MAX_CHARS = 40 * 1024;

export interface Picture {
  at: number;
  dataUrl: string;
}

/** Keeps one picture, and the newest twelve of all. Too large ones and a full storage are let go. */
export function keepPicture(storage: Storage, desktopId: string, picture: Picture): void {
  if (picture.dataUrl.length > MAX_CHARS) return;
  try {
    storage.setItem(PREFIX + desktopId, JSON.stringify(picture));
  } catch {
    return;
  }
  for (const { id } of kept(storage).slice(KEPT)) dropPicture(storage, id);
}

export function dropPicture(storage: Storage, desktopId: string): void {
  storage.removeItem(PREFIX + desktopId);
}

/** Drops the pictures of desktops that are not among these. */
export function keepOnly(storage: Storage, desktopIds: readonly string[]): void {
  for (const { id } of kept(storage)) if (!desktopIds.includes(id)) dropPicture(storage, id);
}

/** All of them, newest first. */
export function kept(storage: Storage): { id: string; at: number }[] {
  const found: { id: string; at: number }[] = [];
  for (let index = 0; index < storage.length; index += 1) {
    const key = storage.key(index);
    if (!key?.startsWith(PREFIX)) continue;
    found.push({ id: key.slice(PREFIX.length), at: takenAt(storage.getItem(key)) });
  }
  return found.sort((a, b) => b.at - a.at);
}

function takenAt(text: string | null): number {
  try {
    const { at } = JSON.parse(text ?? "") as Partial<Picture>;
    return typeof at === "number" ? at : 0;
  } catch {
    return 0;
  }
}

/** The part of a screen that fills the small picture: all of the width or all of the height, from the top. */
export function crop(width: number, height: number): { x: number; y: number; width: number; height: number } {
  const scale = Math.max(WIDTH / width, HEIGHT / height);
  const used = { width: WIDTH / scale, height: HEIGHT / scale };
  return { x: (width - used.width) / 2, y: 0, ...used };
}

/** A small JPEG of what is on this canvas; null when there is nothing on it, or no way to draw. */
export function pictureOf(screen: HTMLCanvasElement, at: number): Picture | null {
  if (screen.width === 0 || screen.height === 0) return null;
  const small = document.createElement("canvas");
  small.width = WIDTH;
  small.height = HEIGHT;
  const context = small.getContext("2d");
  if (!context) return null;
  const from = crop(screen.width, screen.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(screen, from.x, from.y, from.width, from.height, 0, 0, WIDTH, HEIGHT);
  for (const quality of [0.75, 0.55, 0.35]) {
    const dataUrl = small.toDataURL("image/jpeg", quality);
    if (dataUrl.length <= MAX_CHARS) return { at, dataUrl };
  }
  return null;
}
