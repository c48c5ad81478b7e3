// What a person may have: each limit their own, their group's, or the installation's.
import { useState, type FormEvent } from "react";
import { Problem } from "@/components/ui/AskDialog";
import form from "@/components/ui/form.module.css";
import { Section } from "@/components/ui/Section";
import { saidBeside } from "@/lib/api";
import { figure } from "@/lib/figures";
import { useChangePerson, type AdminUser, type Group, type LimitName } from "../api";
import { faultOf, fromDraft, LIMIT_NAMES, sameDraft, toDraft, type LimitDraft } from "../limitDraft";
import { startWords } from "../words";
import { LimitFields } from "./LimitFields";
import styles from "./LimitsForm.module.css";
import { SaveButtons } from "./SaveButtons";

export function LimitsForm({ person, groups }: { person: AdminUser; groups: Group[] }) {
  const change = useChangePerson(person.id);
  const now = toDraft(person.limits);
  const [typed, setTyped] = useState<LimitDraft | null>(null);
  const draft = typed ?? now;
  const changed = !sameDraft(draft, now);
  const faulty = LIMIT_NAMES.some((name) => faultOf(name, draft[name]));
  const group = groups.find(({ id }) => id === person.group?.id);

  function submit(event: FormEvent) {
    event.preventDefault();
    if (changed && !faulty) change.mutate({ limits: fromDraft(draft) }, { onSuccess: () => setTyped(null) });
  }

  return (
    <Section title="Limits">
      <ul className={styles.now} role="list">
        <Now
          word={`${figure(person.desktops.used)} of ${figure(person.desktops.limit)} desktops`}
          of={person}
          name="max_desktops"
        />
        <Now word={`Starts: ${startWords(person.starts)}`} of={person} name="start_limits" />
        {person.streams && (
          <Now
            word={`${figure(person.streams.used)} of ${figure(person.streams.limit)} windows open`}
            of={person}
            name="max_streams"
          />
        )}
      </ul>
      <form className={form.form} onSubmit={submit} noValidate>
        <LimitFields prefix="person" draft={draft} empty={inherited(group)} error={change.error} onChange={setTyped} />
        <Problem
          text={saidBeside(
            change.error,
            LIMIT_NAMES.map((name) => `limits.${name}`),
          )}
        />
        <SaveButtons
          changed={changed}
          busy={change.isPending}
          onUndo={() => {
            setTyped(null);
            change.reset();
          }}
        />
      </form>
    </Section>
  );
}

const FROM = { own: "their own", group: "from the group", default: "the default" };

function Now({ word, of, name }: { word: string; of: AdminUser; name: LimitName }) {
  return (
    <li>
      {word} <span>{FROM[of.limits_from[name]]}</span>
    </li>
  );
}

/** What an empty field means for somebody of that group. */
function inherited(group: Group | undefined): Record<LimitName, string> {
  const of = (name: LimitName) => {
    const value = group?.limits?.[name];
    return value == null ? "The default" : `${value}, from the group`;
  };
  return { max_desktops: of("max_desktops"), start_limits: of("start_limits"), max_streams: of("max_streams") };
}
