// How one piece of news is shown: for 6 s, longer while hovered or focused, with a way to act on it or to dismiss it.
import * as Radix from "@radix-ui/react-toast";
import { Button } from "./Button";
import type { News } from "./Toast";
import styles from "./Toast.module.css";

export function ToastView({ news, onDone }: { news: News | null; onDone: () => void }) {
  return (
    <Radix.Provider duration={6000} swipeDirection="left" label="News">
      {news && (
        <Radix.Root key={news.id} className={styles.toast} onOpenChange={(open) => !open && onDone()}>
          <Radix.Title className={styles.text}>{news.text}</Radix.Title>
          {news.action && (
            <Radix.Action altText={news.action.label} asChild onClick={news.action.onPress}>
              <Button size="sm" className={styles.button}>
                {news.action.label}
              </Button>
            </Radix.Action>
          )}
          <Radix.Close asChild>
            <Button size="sm" iconOnly icon="x" aria-label="Dismiss" className={`${styles.button} ${styles.close}`} />
          </Radix.Close>
        </Radix.Root>
      )}
      <Radix.Viewport className={styles.viewport} />
    </Radix.Provider>
  );
}
