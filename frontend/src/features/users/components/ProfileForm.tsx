// Who a person is: name, role, group. What is changed is saved by a press, and can be put back until then.
import { useState, type FormEvent } from "react";
import { Problem } from "@/components/ui/AskDialog";
import { ChoiceField, Field } from "@/components/ui/Field";
import form from "@/components/ui/form.module.css";
import { Section } from "@/components/ui/Section";
import { isApiError, said, saidBeside, saidOf, type Role } from "@/lib/api";
import { exact } from "@/lib/time/words";
import { useChangePerson, type AdminUser, type Group, type PatchUser } from "../api";
import { ROLE, ROLES } from "../words";
import { SaveButtons } from "./SaveButtons";

type Draft = { display_name?: string; role?: Role; group?: string };

export function ProfileForm({ person, groups }: { person: AdminUser; groups: Group[] }) {
  const change = useChangePerson(person.id);
  const [draft, setDraft] = useState<Draft>({});
  const now = { display_name: person.display_name, role: person.role, group: person.group?.id ?? "" };
  const shown = { ...now, ...draft };
  const patch: PatchUser = {
    ...(shown.display_name.trim() !== now.display_name && { display_name: shown.display_name.trim() || null }),
    ...(shown.role !== now.role && { role: shown.role }),
    ...(shown.group !== now.group && { group: shown.group || null }),
  };
  const changed = Object.keys(patch).length > 0;
  const last = isApiError(change.error) && change.error.code === "last_admin";

  function submit(event: FormEvent) {
    event.preventDefault();
    if (changed) change.mutate(patch, { onSuccess: () => setDraft({}) });
  }

  return (
    <Section title="Profile" aside={`since ${exact(Date.parse(person.created_at)).split(",")[0]}`}>
      <form className={form.form} onSubmit={submit} noValidate>
        <Field
          id="person-name"
          label="Full name"
          value={shown.display_name}
          placeholder={person.username}
          maxLength={64}
          autoComplete="off"
          onChange={(event) => setDraft({ ...draft, display_name: event.target.value })}
          error={saidOf(change.error, "display_name")}
        />
        <div className={form.pair}>
          <ChoiceField
            id="person-role"
            label="Role"
            value={shown.role}
            hint={ROLE[shown.role].means}
            error={last ? said(change.error) : saidOf(change.error, "role")}
            onChange={(event) => setDraft({ ...draft, role: event.target.value as Role })}
          >
            {ROLES.map((role) => (
              <option key={role} value={role}>
                {ROLE[role].word}
              </option>
            ))}
          </ChoiceField>
          <ChoiceField
            id="person-group"
            label="Group"
            value={shown.group}
            error={saidOf(change.error, "group")}
            onChange={(event) => setDraft({ ...draft, group: event.target.value })}
          >
            <option value="">No group</option>
            {groups.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
            {person.group && !groups.some(({ id }) => id === person.group?.id) && (
              <option value={person.group.id}>{person.group.name}</option>
            )}
          </ChoiceField>
        </div>
        <Problem text={last ? null : saidBeside(change.error, ["display_name", "role", "group"])} />
        <SaveButtons
          changed={changed}
          busy={change.isPending}
          onUndo={() => {
            setDraft({});
            change.reset();
          }}
        />
      </form>
    </Section>
  );
}
