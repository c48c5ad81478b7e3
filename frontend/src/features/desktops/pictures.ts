// The last picture of a desktop that the viewer kept in this browser. Nothing of it ever leaves the browser.
export interface Picture {
  at: number;
  dataUrl: string;
}

export function lastPicture(desktopId: string): Picture | null {
  try {
    const kept = JSON.parse(localStorage.getItem(`berth.picture.${desktopId}`) ?? "null") as Picture | null;
    return kept && kept.dataUrl.startsWith("data:image/")
      ? { at: new Date(kept.at).getTime(), dataUrl: kept.dataUrl }
      : null;
  } catch {
    return null;
  }
}
