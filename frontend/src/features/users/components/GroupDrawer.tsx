// One group beside the table, or a new one: its name, its limits, and the templates that are for it.
import { useState, type FormEvent } from "react";
import { Problem } from "@/components/ui/AskDialog";
import { Button, ButtonLink } from "@/components/ui/Button";
import { Choice } from "@/components/ui/Choice";
import { Drawer, Steps } from "@/components/ui/Drawer";
import { Field, TextField } from "@/components/ui/Field";
import form from "@/components/ui/form.module.css";
import { Section } from "@/components/ui/Section";
import { beside } from "@/features/admin/useTableKeys";
import { useTemplateList } from "@/features/admin/useTemplateList";
import { isApiError, saidBeside, saidOf } from "@/lib/api";
import { CONNECTION_BANNER_ID, useOffline } from "@/lib/events";
import { many } from "@/lib/figures";
import { useSaveGroup, type Group } from "../api";
import { address, NEW } from "../filters";
import { faultOf, fromDraft, LIMIT_NAMES, toDraft, type LimitDraft } from "../limitDraft";
import { LimitFields } from "./LimitFields";
import styles from "./PersonDrawer.module.css";

interface GroupDrawerProps {
  id: string;
  groups: Group[] | undefined;
  onOpen: (id: string | null) => void;
  onDelete: (group: Group) => void;
}

export function GroupDrawer({ id, groups, onOpen, onDelete }: GroupDrawerProps) {
  const group = groups?.find((one) => one.id === id);
  const known = group !== undefined || id === NEW;
  return (
    <Drawer
      label="Group"
      id={id}
      title={id === NEW ? "A new group" : (group?.name ?? (groups ? "No such group" : "Group"))}
      state={group && <span>{many(group.members, "member")}</span>}
      footer={group && <Footer group={group} groups={groups} onOpen={onOpen} onDelete={onDelete} />}
      onClose={() => onOpen(null)}
    >
      {known && <GroupForm key={id} group={group} onSaved={onOpen} />}
      {!known && groups && <p className={styles.say}>This group is deleted, or never was.</p>}
    </Drawer>
  );
}

interface Draft {
  name: string;
  description: string;
  limits: LimitDraft;
  templates: string[];
}

function draftOf(group: Group | undefined): Draft {
  return {
    name: group?.name ?? "",
    description: group?.description ?? "",
    limits: toDraft(group?.limits ?? null),
    templates: group?.templates ?? [],
  };
}

const EMPTY = {
  max_desktops: "The default",
  start_limits: "The default",
  max_streams: "The default",
};

function GroupForm({ group, onSaved }: { group: Group | undefined; onSaved: (id: string) => void }) {
  const save = useSaveGroup(group?.id ?? null);
  const offline = useOffline();
  const templates = useTemplateList();
  const [typed, setTyped] = useState<Draft | null>(null);
  const [empty, setEmpty] = useState(false);
  const now = draftOf(group);
  const draft = typed ?? now;
  const changed = JSON.stringify(draft) !== JSON.stringify(now);
  const taken = isApiError(save.error) && save.error.code === "name_taken";
  const forSome = templates.data?.filter(({ audience }) => audience === "groups");
  const set = (more: Partial<Draft>) => setTyped({ ...draft, ...more });

  function submit(event: FormEvent) {
    event.preventDefault();
    setEmpty(!draft.name.trim());
    if (!draft.name.trim() || LIMIT_NAMES.some((name) => faultOf(name, draft.limits[name]))) return;
    const { description, templates, limits } = draft;
    save.mutate(
      { name: draft.name.trim(), description: description.trim(), templates, limits: fromDraft(limits) },
      {
        onSuccess: ({ id }) => {
          setTyped(null);
          if (!group) onSaved(id);
        },
      },
    );
  }

  return (
    <form className={form.form} onSubmit={submit} noValidate>
      <Field
        id="group-name"
        label="Name"
        value={draft.name}
        maxLength={64}
        autoComplete="off"
        onChange={(event) => set({ name: event.target.value })}
        error={
          empty && !draft.name.trim()
            ? "Type a name."
            : taken
              ? "Another group has this name."
              : saidOf(save.error, "name")
        }
      />
      <TextField
        id="group-description"
        label="What it is for"
        optional
        rows={2}
        maxLength={500}
        value={draft.description}
        onChange={(event) => set({ description: event.target.value })}
        error={saidOf(save.error, "description")}
      />
      <Section title="Limits" aside="for members without their own">
        <div className={form.form}>
          <LimitFields
            prefix="group"
            draft={draft.limits}
            empty={EMPTY}
            error={save.error}
            onChange={(limits) => set({ limits })}
          />
        </div>
      </Section>
      <Section title="Templates" aside="besides those for everyone">
        {forSome?.length === 0 && (
          <p className={styles.none}>Every template is for everyone. Whom one is for is set with the template.</p>
        )}
        <div className={form.choices}>
          {forSome?.map(({ id, name, description }) => (
            <Choice
              key={id}
              type="checkbox"
              word={name}
              means={description}
              checked={draft.templates.includes(id)}
              onChange={({ target }) =>
                set({
                  templates: target.checked ? [...draft.templates, id] : draft.templates.filter((one) => one !== id),
                })
              }
            />
          ))}
        </div>
      </Section>
      <Problem
        text={
          taken
            ? null
            : saidBeside(
                save.error,
                ["name", "description", ...LIMIT_NAMES.map((name) => `limits.${name}`)],
                "The group is deleted already.",
              )
        }
      />
      {(changed || !group) && (
        <div className={`${form.actions} ${form.start}`}>
          <Button
            type="submit"
            variant="primary"
            busy={save.isPending}
            disabled={offline}
            aria-describedby={offline ? CONNECTION_BANNER_ID : undefined}
          >
            {group ? "Save" : "Add the group"}
          </Button>
          {group && (
            <Button
              variant="quiet"
              onClick={() => {
                setTyped(null);
                save.reset();
              }}
            >
              Put it back
            </Button>
          )}
        </div>
      )}
    </form>
  );
}

interface FooterProps extends Omit<GroupDrawerProps, "id"> {
  group: Group;
}

function Footer({ group, groups, onOpen, onDelete }: FooterProps) {
  const offline = useOffline();
  return (
    <div className={styles.buttons}>
      <ButtonLink to={address({ filter: { group: group.id }, user: null })}>Members</ButtonLink>
      <Button
        variant="danger"
        disabled={offline}
        aria-describedby={offline ? CONNECTION_BANNER_ID : undefined}
        onClick={() => onDelete(group)}
      >
        Delete
      </Button>
      <Steps
        noun="Group"
        above={beside(groups, group.id, -1)?.id}
        below={beside(groups, group.id, 1)?.id}
        onStep={onOpen}
      />
    </div>
  );
}
