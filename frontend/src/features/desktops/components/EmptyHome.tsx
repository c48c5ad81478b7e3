// The first time: nothing there yet, the templates as a shelf, and the limits below.
import { Button } from "@/components/ui/Button";
import { Skeleton } from "@/components/ui/Skeleton";
import { Slots } from "@/components/ui/Slots";
import type { Limits, Template } from "@/lib/api";
import { figure, many } from "@/lib/figures";
import { useNow } from "@/lib/time/ticker";
import { aboutWait } from "@/lib/time/words";
import { buttonWords, WINDOW_WORDS } from "../allowance";
import { useDesktopsContext } from "../DesktopsContext";
import { chosenTemplate, suggestedName, templateSize, usually, whyNotReady } from "../templates";
import type { Start } from "../useStart";
import { EmptyDrawing } from "./EmptyDrawing";
import { noEstimate } from "./Forecast";
import styles from "./EmptyHome.module.css";
import { ObstacleNote } from "./ObstacleNote";
import { Tile } from "./TemplateChoice";

interface EmptyHomeProps {
  templates: Template[] | undefined;
  limits: Limits | undefined;
  start: Start;
}

export function EmptyHome({ templates, limits, start }: EmptyHomeProps) {
  const { offline } = useDesktopsContext();
  const now = useNow();
  const main = templates && chosenTemplate(templates, null);
  const { obstacle, problem, busyTemplate } = start;
  return (
    <section className={styles.hello}>
      <div className={styles.head}>
        <EmptyDrawing />
        <div>
          <h1>Nothing moored here yet</h1>
          <p>
            Pick a desktop and press Start. It runs on your organisation’s server and opens in this browser; there is
            nothing to install.
          </p>
        </div>
      </div>
      <h2 className="sr">Templates</h2>
      <div className={styles.shelf} id="start">
        {!templates && [0, 1, 2].map((card) => <Skeleton key={card} height="190px" />)}
        {inShelfOrder(templates, main).map((template) => (
          <article key={template.id} className={`card ${styles.pick}`}>
            <Tile template={template} />
            <h3>{template.name}</h3>
            <p>{template.ready ? template.description : whyNotReady(template)}</p>
            <span className={styles.size}>
              {[
                templateSize(template),
                template.ready && usually(template, template === main ? "usually ready in" : "usually"),
              ]
                .filter(Boolean)
                .join(" · ")}
            </span>
            <Button
              variant={template === main && !obstacle ? "primary" : "plain"}
              busy={busyTemplate === template.id}
              disabled={
                !template.ready ||
                offline ||
                obstacle !== null ||
                (busyTemplate !== null && busyTemplate !== template.id)
              }
              aria-label={template.ready ? `Start ${template.name}` : undefined}
              aria-describedby={obstacle ? "empty-note" : undefined}
              onClick={() => start.start({ template: template.id, name: suggestedName(template, new Set()) })}
            >
              {!template.ready
                ? "Not available"
                : obstacle && obstacle.kind !== "quota"
                  ? buttonWords(obstacle, now)
                  : "Start"}
            </Button>
          </article>
        ))}
      </div>
      <div className={styles.note} id="empty-note">
        {problem && <p role="alert">{problem}</p>}
        {obstacle && <ObstacleNote obstacle={obstacle} desktops={[]} />}
      </div>
      {limits && <Before limits={limits} />}
    </section>
  );
}

/** The one to begin with comes first. */
function inShelfOrder(templates: Template[] | undefined, main: Template | undefined): Template[] {
  return main && templates ? [main, ...templates.filter((template) => template !== main)] : (templates ?? []);
}

/** What holds, before the first click. */
function Before({ limits: { desktops, starts, queue } }: { limits: Limits }) {
  const [first, ...others] = starts;
  const rest = others.map((window) => `${figure(window.limit)} ${WINDOW_WORDS[window.window].each}`).join(", ");
  const used = starts.find((window) => window.used > 0);
  const wait = aboutWait(queue.eta_seconds);
  return (
    <div className={styles.before}>
      <div>
        <b>
          {desktops.limit <= 10 && (
            <>
              <Slots
                filled={desktops.used}
                total={desktops.limit}
                label={`${desktops.used} of ${desktops.limit} in use`}
              />
              &nbsp;{" "}
            </>
          )}
          {desktops.used} of {many(desktops.limit, "desktop")}
        </b>
        You may have {desktops.limit} at once. Stopped ones count too, because their files are kept.
      </div>
      {first && (
        <div>
          <b>
            {many(first.limit, "start")} {WINDOW_WORDS[first.window].each}
          </b>
          {rest && `${rest}. `}
          {used ? `${used.limit - used.used} left ${WINDOW_WORDS[used.window].this}.` : "All are free now."}
        </div>
      )}
      <div>
        <b>{lineWords(queue)}</b>
        {queue.eta_seconds === null
          ? noEstimate(queue.held, queue.slots.total)
          : queue.waiting === 0
            ? "A start is ready in a few seconds. When it is busy, you see your place in line."
            : `Yours would be ready in ${wait}. You see your place in line.`}
      </div>
    </div>
  );
}

function lineWords({ waiting, held }: Limits["queue"]): string {
  if (waiting > 0) return `${many(waiting, "start")} waiting right now`;
  return held ? "Nothing starts right now" : "No waiting line right now";
}
