// The start panel: what may be started, under which name, what is left of the limits, what a start would wait for,
// and one button. When it cannot be pressed, the reason stands under it.
import { useState, type FormEvent } from "react";
import { Button } from "@/components/ui/Button";
import { Field } from "@/components/ui/Field";
import type { Desktop, Limits, Template } from "@/lib/api";
import { CONNECTION_BANNER_ID } from "@/lib/events";
import { useNow } from "@/lib/time/ticker";
import { buttonWords } from "../allowance";
import { useDesktopsContext } from "../DesktopsContext";
import { chosenTemplate, suggestedName } from "../templates";
import type { Start } from "../useStart";
import { Forecast } from "./Forecast";
import { LimitRows } from "./LimitRows";
import { ObstacleNote } from "./ObstacleNote";
import styles from "./StartPanel.module.css";
import { TemplateChoice } from "./TemplateChoice";

interface StartPanelProps {
  desktops: Desktop[];
  templates: Template[] | undefined;
  limits: Limits | undefined;
  start: Start;
}

export const START_PANEL_ID = "start";

export function StartPanel({ desktops, templates, limits, start }: StartPanelProps) {
  const { offline } = useDesktopsContext();
  const [templateId, setTemplateId] = useState<string | null>(null);
  const [name, setName] = useState("");
  const now = useNow();
  const template = templates && chosenTemplate(templates, templateId);
  const suggestion = template ? suggestedName(template, new Set(desktops.map((desktop) => desktop.name))) : "";
  const { obstacle, problem } = start;
  const busy = start.busyTemplate !== null;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!template || obstacle || offline || busy) return;
    start.start({ template: template.id, name: name.trim() || suggestion }, () => setName(""));
  }

  return (
    <aside className={`card ${styles.panel}`} id={START_PANEL_ID} aria-labelledby="start-heading">
      <h2 id="start-heading">Start a desktop</h2>
      <form onSubmit={submit}>
        <TemplateChoice templates={templates} chosen={template} onChoose={setTemplateId} />
        <div className={styles.name}>
          <Field
            id="start-name"
            label="Name"
            optional
            placeholder={suggestion}
            value={name}
            onChange={(event) => setName(event.target.value)}
            autoComplete="off"
            maxLength={60}
          />
        </div>
        {limits && <LimitRows limits={limits} obstacle={obstacle} now={now} />}
        <Button
          type="submit"
          size="wide"
          variant="primary"
          busy={busy}
          disabled={!template || obstacle !== null || offline}
          aria-describedby={offline ? CONNECTION_BANNER_ID : "start-note"}
        >
          {obstacle && obstacle.kind !== "quota"
            ? buttonWords(obstacle, now)
            : `Start ${template?.name ?? "a desktop"}`}
        </Button>
        <div id="start-note" className={styles.note}>
          {problem && (
            <p className={styles.problem} role="alert">
              {problem}
            </p>
          )}
          {obstacle ? (
            <ObstacleNote obstacle={obstacle} desktops={desktops} />
          ) : templates && !template ? (
            <p>No template can be started right now. Your administrator can put that right.</p>
          ) : (
            limits && <Forecast line={limits.queue} template={template} />
          )}
        </div>
      </form>
    </aside>
  );
}
