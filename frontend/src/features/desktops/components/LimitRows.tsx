// What is left of the limits: desktops as slots, then the start windows, then what is open in browsers. The middle
// windows stand beside the last.
import { Slots } from "@/components/ui/Slots";
import type { Limits, StartWindow } from "@/lib/api";
import { figure } from "@/lib/figures";
import { leftWords } from "@/lib/time/words";
import { WINDOW_WORDS, type Obstacle } from "../allowance";
import styles from "./LimitRows.module.css";

/** Above this many the figures say it better. */
const DRAWN = 10;

interface LimitRowsProps {
  limits: Limits;
  obstacle: Obstacle | null;
  now: number;
}

export function LimitRows({ limits: { desktops, starts, streams }, obstacle, now }: LimitRowsProps) {
  const quota = obstacle?.kind === "quota" ? styles.full : undefined;
  return (
    <dl className={styles.limits}>
      <div>
        <dt className={quota}>
          Desktops <span>with stopped ones</span>
        </dt>
        {desktops.limit <= DRAWN && (
          <dd>
            <Slots
              filled={desktops.used}
              total={desktops.limit}
              label={`${desktops.used} of ${desktops.limit} in use`}
            />
          </dd>
        )}
        <dd className={quota}>
          {figure(desktops.used)} of {figure(desktops.limit)}
        </dd>
      </div>
      {rows(starts).map(({ window, beside }) => {
        const full = obstacle?.kind === "window" && obstacle.window.window === window.window;
        return (
          <div key={window.window}>
            <dt className={full ? styles.full : undefined}>
              Starts {WINDOW_WORDS[window.window].this} <span>{beside ? said(beside) : frees(window, now)}</span>
            </dt>
            <dd className={full ? styles.full : undefined}>
              {figure(window.used)} of {figure(window.limit)}
            </dd>
          </div>
        );
      })}
      {streams && <Streams streams={streams} />}
    </dl>
  );
}

/** Windows that show a desktop, wherever they are open. Absent while the api is being updated from one without them. */
function Streams({ streams: { limit, used } }: Pick<Limits, "streams">) {
  const full = used >= limit ? styles.full : undefined;
  return (
    <div>
      <dt className={full}>
        Open at once <span>{full ? "close a window to open another" : "windows with a desktop"}</span>
      </dt>
      <dd className={full}>
        {figure(used)} of {figure(limit)}
      </dd>
    </div>
  );
}

/** A row for the first and the last window, and for any that is full; the others stand beside the last. */
function rows(starts: StartWindow[]): { window: StartWindow; beside: StartWindow | null }[] {
  const own = starts.filter(
    (window, index) => index === 0 || index === starts.length - 1 || window.used >= window.limit,
  );
  const beside = starts.find((window) => !own.includes(window)) ?? null;
  return own.map((window, index) => ({ window, beside: index > 0 && index === own.length - 1 ? beside : null }));
}

function said(window: StartWindow): string {
  return `${figure(window.used)} of ${figure(window.limit)} ${WINDOW_WORDS[window.window].this}`;
}

function frees({ used, resets_at }: StartWindow, now: number): string {
  const left = resets_at ? (Date.parse(resets_at) - now) / 1000 : 0;
  return used > 0 && left > 0 ? `next one frees in ${leftWords(left)}` : "";
}
