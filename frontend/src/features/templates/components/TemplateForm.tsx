// Everything that can be decided about a template.
import { useState, type FormEvent } from "react";
import { Problem } from "@/components/ui/AskDialog";
import { Button } from "@/components/ui/Button";
import { Choice } from "@/components/ui/Choice";
import { ChoiceField, Field, TextField } from "@/components/ui/Field";
import form from "@/components/ui/form.module.css";
import { Section } from "@/components/ui/Section";
import { TEMPLATE_ICONS } from "@/features/desktops/templates";
import type { Group } from "@/features/users/api";
import { isApiError, saidBeside, saidOf } from "@/lib/api";
import { CONNECTION_BANNER_ID, useOffline } from "@/lib/events";
import { useSaveTemplate, type AdminTemplate, type TemplateBody } from "../api";
import { bodyOf, draftOf, faultsOf, patchOf, type Draft, type NumberName } from "../draft";
import { EnvRows } from "./EnvRows";
import styles from "./TemplateDrawer.module.css";

interface TemplateFormProps {
  /** None: a new one. */
  template: AdminTemplate | undefined;
  groups: Group[];
  onAdded: (id: string) => void;
}

const FIELDS: (keyof TemplateBody)[] = [
  "name",
  "description",
  "image",
  "container_port",
  "memory_mib",
  "cpus",
  "pids",
  "shm_mib",
  "env",
  "groups",
];

export function TemplateForm({ template, groups, onAdded }: TemplateFormProps) {
  const save = useSaveTemplate(template?.id ?? null);
  const offline = useOffline();
  const [typed, setTyped] = useState<Draft | null>(null);
  const [tried, setTried] = useState(false);
  const now = draftOf(template);
  const draft = typed ?? now;
  const changed = JSON.stringify(draft) !== JSON.stringify(now);
  const faults = faultsOf(draft);
  const taken = isApiError(save.error) && save.error.code === "name_taken";
  const set = (more: Partial<Draft>) => setTyped({ ...draft, ...more });
  const error = (field: keyof TemplateBody) =>
    (tried && faults[field]) ||
    (field === "name" && taken ? "Another template has this name." : saidOf(save.error, field));

  function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (Object.keys(faults).length > 0) return;
    save.mutate(template ? patchOf(draft, template) : bodyOf(draft), {
      onSuccess: ({ id }) => {
        setTyped(null);
        setTried(false);
        if (!template) onAdded(id);
      },
    });
  }

  const number = (field: NumberName, label: string, hint?: string) => (
    <Field
      id={`template-${field}`}
      label={label}
      hint={hint}
      inputMode={field === "cpus" ? "decimal" : "numeric"}
      autoComplete="off"
      value={draft[field]}
      onChange={(event) => setTyped({ ...draft, [field]: event.target.value })}
      error={error(field)}
    />
  );

  return (
    <form className={form.form} onSubmit={submit} noValidate>
      <Section title="What users see">
        <div className={form.form}>
          <div className={form.pair}>
            <Field
              id="template-name"
              label="Name"
              value={draft.name}
              maxLength={64}
              autoComplete="off"
              onChange={(event) => set({ name: event.target.value })}
              error={error("name")}
            />
            <ChoiceField
              id="template-icon"
              label="Icon"
              value={draft.icon}
              onChange={(event) => set({ icon: event.target.value })}
            >
              {TEMPLATE_ICONS.map(({ name, word }) => (
                <option key={name} value={name}>
                  {word}
                </option>
              ))}
              {!TEMPLATE_ICONS.some(({ name }) => name === draft.icon) && (
                <option value={draft.icon}>{draft.icon}</option>
              )}
            </ChoiceField>
          </div>
          <TextField
            id="template-description"
            label="In a few words"
            rows={2}
            maxLength={300}
            value={draft.description}
            onChange={(event) => set({ description: event.target.value })}
            error={error("description")}
          />
          <div className={form.choices}>
            <Choice
              type="checkbox"
              checked={draft.enabled}
              onChange={(event) => set({ enabled: event.target.checked })}
              word="Enabled"
              means="Disabled, nobody makes a new desktop from it; those that are there go on."
            />
            <Choice
              type="checkbox"
              checked={draft.default}
              disabled={template?.default}
              onChange={(event) => set({ default: event.target.checked })}
              word="The default"
              means={
                template?.default
                  ? "Make another one the default to change this."
                  : "Chosen for those who choose nothing, in place of the one that is now."
              }
            />
          </div>
        </div>
      </Section>
      <Section title="For whom">
        <div className={form.choices}>
          <Choice
            type="radio"
            name="audience"
            checked={draft.audience === "everyone"}
            onChange={() => set({ audience: "everyone" })}
            word="Everyone"
          />
          <Choice
            type="radio"
            name="audience"
            checked={draft.audience === "groups"}
            onChange={() => set({ audience: "groups" })}
            word="Some groups"
            means="To everybody else it does not exist. Administrators see all."
          />
          {draft.audience === "groups" && (
            <div className={`${form.choices} ${styles.audience}`}>
              {groups.length === 0 && <p className={styles.none}>There is no group yet.</p>}
              {groups.map(({ id, name, description }) => (
                <Choice
                  key={id}
                  type="checkbox"
                  checked={draft.groups.includes(id)}
                  onChange={({ target }) =>
                    set({
                      groups: target.checked ? [...draft.groups, id] : draft.groups.filter((one) => one !== id),
                    })
                  }
                  word={name}
                  means={description}
                />
              ))}
            </div>
          )}
        </div>
      </Section>
      <Section title="What it runs">
        <div className={form.form}>
          <Field
            id="template-image"
            label="Image"
            placeholder="registry.example.org/desktops/xfce:1"
            value={draft.image}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            onChange={(event) => set({ image: event.target.value })}
            error={error("image")}
          />
          <div className={form.pair}>
            {number("cpus", "CPUs")}
            {number("memory_mib", "Memory in MB")}
            {number("shm_mib", "Shared memory in MB", "Browsers want 512.")}
            {number("pids", "Processes at most")}
            {number("container_port", "Port inside", "Where it answers with VNC.")}
            <ChoiceField
              id="template-home"
              label="Home folder"
              value={draft.home}
              onChange={(event) => set({ home: event.target.value as Draft["home"] })}
              hint={draft.home === "kept" ? "Until the desktop is deleted." : "Gone at every stop."}
            >
              <option value="kept">Kept</option>
              <option value="thrown_away">Thrown away</option>
            </ChoiceField>
          </div>
        </div>
      </Section>
      <Section title="Variables" aside="set in every desktop made from it">
        <EnvRows env={draft.env} error={error("env")} onChange={(env) => set({ env })} />
      </Section>
      <Problem text={taken ? null : saidBeside(save.error, FIELDS, "This template is deleted already.")} />
      {tried && Object.keys(faults).length > 0 && <Problem text="Something above is not right yet." />}
      {(changed || !template) && (
        <div className={`${form.actions} ${form.start}`}>
          <Button
            type="submit"
            variant="primary"
            busy={save.isPending}
            disabled={offline}
            aria-describedby={offline ? CONNECTION_BANNER_ID : undefined}
          >
            {template ? "Save" : "Add the template"}
          </Button>
          {template && (
            <Button
              variant="quiet"
              onClick={() => {
                setTyped(null);
                setTried(false);
                save.reset();
              }}
            >
              Put it back
            </Button>
          )}
        </div>
      )}
      {template && changed && <p className={form.note}>Desktops that run get it with their next start.</p>}
    </form>
  );
}
