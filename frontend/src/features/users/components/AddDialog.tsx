// Somebody new: who they are, and how they get in. What they get in with is shown once, in the same place.
import { useRef, useState, type FormEvent } from "react";
import { Problem } from "@/components/ui/AskDialog";
import { Button } from "@/components/ui/Button";
import { Choice } from "@/components/ui/Choice";
import { Dialog } from "@/components/ui/Dialog";
import { ChoiceField, Field } from "@/components/ui/Field";
import form from "@/components/ui/form.module.css";
import { isApiError, said, saidBeside, saidOf, type Role } from "@/lib/api";
import { useCreatePerson, useInvite, type AdminUser, type Group } from "../api";
import { newPassword } from "../password";
import { ROLE, ROLES } from "../words";
import { GotIn, type WayIn } from "./GotIn";

interface AddDialogProps {
  groups: Group[];
  onClose: () => void;
  onShow: (id: string) => void;
}

type Way = "invite" | "password";

export function AddDialog({ groups, onClose, onShow }: AddDialogProps) {
  const create = useCreatePerson();
  const invite = useInvite();
  const first = useRef<HTMLInputElement>(null);
  const [way, setWay] = useState<Way>("invite");
  const [role, setRole] = useState<Role>("user");
  const [password, setPassword] = useState(newPassword);
  const [empty, setEmpty] = useState(false);
  const [made, setMade] = useState<{ person: AdminUser; wayIn: WayIn } | null>(null);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const text = (name: string) => (data.get(name) as string | null)?.trim() ?? "";
    const username = text("username");
    setEmpty(!username);
    if (!username) return first.current?.focus();
    const body = { username, role, display_name: text("display_name") || null, group: text("group") || null };
    create.mutate(way === "password" ? { ...body, password } : body, {
      onSuccess: (person) => {
        if (way === "password") return setMade({ person, wayIn: { password } });
        invite.mutate(person.id, {
          onSuccess: (link) => setMade({ person, wayIn: { link } }),
          onError: (error) => setMade({ person, wayIn: { problem: said(error) } }),
        });
      },
    });
  }

  if (made)
    return (
      <GotIn
        person={made.person}
        wayIn={made.wayIn}
        onClose={onClose}
        onShow={() => {
          onClose();
          onShow(made.person.id);
        }}
      />
    );

  const taken = isApiError(create.error) && create.error.code === "username_taken";
  return (
    <Dialog open wide onClose={onClose} title="Add a user" initialFocus={first}>
      <form className={`${form.form} ${form.inDialog}`} onSubmit={submit} noValidate>
        <div className={form.pair}>
          <Field
            ref={first}
            id="new-username"
            name="username"
            label="User name"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={64}
            error={
              empty
                ? "Type the name they sign in with."
                : taken
                  ? "Somebody has this name already."
                  : saidOf(create.error, "username")
            }
          />
          <Field
            id="new-display-name"
            name="display_name"
            label="Full name"
            optional
            autoComplete="off"
            maxLength={64}
            error={saidOf(create.error, "display_name")}
          />
          <ChoiceField
            id="new-role"
            label="Role"
            value={role}
            onChange={(event) => setRole(event.target.value as Role)}
            hint={ROLE[role].means}
          >
            {ROLES.map((one) => (
              <option key={one} value={one}>
                {ROLE[one].word}
              </option>
            ))}
          </ChoiceField>
          <ChoiceField id="new-group" name="group" label="Group" error={saidOf(create.error, "group")}>
            <option value="">No group</option>
            {groups.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </ChoiceField>
        </div>
        <fieldset>
          <legend className={form.legend}>How they get in</legend>
          <div className={form.choices}>
            <Choice
              type="radio"
              name="way"
              checked={way === "invite"}
              onChange={() => setWay("invite")}
              word="By an invite link"
              means="You give them the link; they choose their own password. It is good for 7 days."
            />
            <Choice
              type="radio"
              name="way"
              checked={way === "password"}
              onChange={() => setWay("password")}
              word="With a password that you set"
              means="Shown to you once, then yours to pass on."
            />
          </div>
        </fieldset>
        {way === "password" && (
          <Field
            id="new-password"
            label="Password"
            value={password}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setPassword(event.target.value)}
            hint="At least 10 letters. This one was made at random."
            error={saidOf(create.error, "password")}
          />
        )}
        <Problem
          text={
            taken
              ? null
              : saidBeside(create.error, ["username", "display_name", "group", "password"], "The group is gone.")
          }
        />
        <div className={form.actions}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={create.isPending || invite.isPending}>
            Add user
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
