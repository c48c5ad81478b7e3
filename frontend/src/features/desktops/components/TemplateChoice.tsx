// The templates as cards of one choice. One that is not available says why and cannot be chosen.
import { Icon } from "@/components/ui/Icon";
import { Skeleton } from "@/components/ui/Skeleton";
import type { Template } from "@/lib/api";
import { useDelayed } from "@/lib/useDelayed";
import { templateIcon, templateSize, usually, whyNotReady } from "../templates";
import styles from "./TemplateChoice.module.css";

interface TemplateChoiceProps {
  templates: Template[] | undefined;
  chosen: Template | undefined;
  onChoose: (id: string) => void;
}

export function TemplateChoice({ templates, chosen, onChoose }: TemplateChoiceProps) {
  const late = useDelayed(!templates);
  return (
    <fieldset>
      <legend className="sr">Template</legend>
      <div className={styles.cards}>
        {late && [0, 1, 2].map((card) => <Skeleton key={card} height="68px" />)}
        {templates?.map((template) => (
          <label key={template.id} className={template.ready ? styles.card : `${styles.card} ${styles.off}`}>
            <input
              type="radio"
              name="template"
              value={template.id}
              checked={template.id === chosen?.id}
              disabled={!template.ready}
              onChange={() => onChoose(template.id)}
            />
            <Tile template={template} />
            <b>{template.name}</b>
            <span className={styles.size}>{templateSize(template)}</span>
            <p>
              {template.ready ? (
                <>
                  {template.description}{" "}
                  {template.home === "thrown_away" && "Its files are thrown away at every stop. "}
                  {template.typical_start_ms !== null && (
                    <span className="nowrap">
                      {usually(template, template.default ? "Usually ready in" : "Usually")}.
                    </span>
                  )}
                </>
              ) : (
                whyNotReady(template)
              )}
            </p>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export function Tile({ template }: { template: Template }) {
  return (
    <span className={template.ready ? styles.tile : `${styles.tile} ${styles.tileOff}`}>
      <Icon name={templateIcon(template)} size="lg" />
    </span>
  );
}
