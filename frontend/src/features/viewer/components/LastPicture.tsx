// The last picture of a connection that ended, drawn onto a canvas of ours, until the next connection has one.
import { useEffect, useRef, useState } from "react";
import type { ViewerSession } from "../session";
import styles from "./LastPicture.module.css";

export function LastPicture({ session }: { session: ViewerSession | null }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [shown, setShown] = useState(false);

  useEffect(
    () =>
      session?.on("lastPicture", (screen) => {
        const copy = canvas.current;
        if (!copy || screen.width === 0 || screen.height === 0) return;
        copy.width = screen.width;
        copy.height = screen.height;
        // The size it had on the page, which differs from its own when it is fitted.
        copy.style.width = `${screen.clientWidth}px`;
        copy.style.height = `${screen.clientHeight}px`;
        copy.getContext("2d")?.drawImage(screen, 0, 0);
        setShown(true);
      }),
    [session],
  );

  useEffect(() => session?.on("firstPicture", () => setShown(false)), [session]);

  return <canvas ref={canvas} className={styles.last} hidden={!shown} aria-hidden="true" />;
}
