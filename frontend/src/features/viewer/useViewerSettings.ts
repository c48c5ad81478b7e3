// Size and quality as chosen here, remembered for the next time.
import { useState } from "react";
import type { Quality } from "./quality";
import { rememberQuality, rememberSize, rememberedQuality, rememberedSize, type Size } from "./settings";

export interface ViewerSettings {
  size: Size;
  quality: Quality;
  setSize: (size: Size) => void;
  setQuality: (quality: Quality) => void;
}

export function useViewerSettings(): ViewerSettings {
  const [size, setSize] = useState(() => rememberedSize(window.innerWidth));
  const [quality, setQuality] = useState(rememberedQuality);
  return {
    size,
    quality,
    setSize: (next) => {
      rememberSize(next);
      setSize(next);
    },
    setQuality: (next) => {
      rememberQuality(next);
      setQuality(next);
    },
  };
}
