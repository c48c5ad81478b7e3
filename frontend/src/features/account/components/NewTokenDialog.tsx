// A new token: a name, what it may do, how long. Then the token itself, once.
import { useRef, useState, type FormEvent } from "react";
import { Problem } from "@/components/ui/AskDialog";
import { Button } from "@/components/ui/Button";
import { Choice } from "@/components/ui/Choice";
import { Dialog } from "@/components/ui/Dialog";
import { ChoiceField, Field } from "@/components/ui/Field";
import form from "@/components/ui/form.module.css";
import { Once } from "@/components/ui/Once";
import { useMe } from "@/features/session/api";
import { saidBeside, saidOf } from "@/lib/api";
import { useCreateToken, type Scope } from "../api";
import { EXPIRES, SCOPE, upTo } from "../words";

const FIRST_EXPIRY = 90;

export function NewTokenDialog({ onClose }: { onClose: () => void }) {
  const create = useCreateToken();
  const me = useMe();
  const field = useRef<HTMLInputElement>(null);
  const done = useRef<HTMLButtonElement>(null);
  const [empty, setEmpty] = useState(false);
  const [scope, setScope] = useState<Scope>("read");
  const [days, setDays] = useState<number | null>(FIRST_EXPIRY);
  const scopes = upTo(me.role === "user" ? "desktops" : "admin");

  function submit(event: FormEvent) {
    event.preventDefault();
    const name = field.current?.value.trim() ?? "";
    setEmpty(!name);
    if (!name) return field.current?.focus();
    create.mutate({ name, scopes: upTo(scope), expires_in_days: days });
  }

  if (create.data)
    return (
      <Dialog
        open
        wide
        stays
        key="made"
        onClose={onClose}
        title={`The token “${create.data.name}”`}
        text="Your program sends it in the header Authorization, after the word Bearer."
        initialFocus={done}
        actions={
          <Button ref={done} variant="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        <Once label="Token" secret={create.data.token} />
      </Dialog>
    );

  return (
    <Dialog open wide key="form" onClose={onClose} title="Make a token" initialFocus={field}>
      <form className={`${form.form} ${form.inDialog}`} onSubmit={submit} noValidate>
        <Field
          ref={field}
          id="token-name"
          label="What it is for"
          placeholder="Nightly backup"
          maxLength={64}
          autoComplete="off"
          error={empty ? "Type a name, so that you know it again." : saidOf(create.error, "name")}
        />
        <fieldset>
          <legend className={form.legend}>What it may do</legend>
          <div className={form.choices}>
            {scopes.map((one) => (
              <Choice
                key={one}
                type="radio"
                name="scope"
                checked={scope === one}
                onChange={() => setScope(one)}
                word={SCOPE[one].word}
                means={SCOPE[one].means}
              />
            ))}
          </div>
          <p className={form.note}>Never: your password, tokens, the second step, or where you are signed in.</p>
        </fieldset>
        <ChoiceField
          id="token-ends"
          label="It ends"
          value={days ?? ""}
          onChange={(event) => setDays(event.target.value === "" ? null : Number(event.target.value))}
          hint={days === null ? "It then ends only when you delete it." : undefined}
          error={saidOf(create.error, "expires_in_days")}
        >
          {EXPIRES.map((one) => (
            <option key={one.word} value={one.days ?? ""}>
              {one.word}
            </option>
          ))}
        </ChoiceField>
        <Problem text={saidBeside(create.error, ["name", "expires_in_days"])} />
        <div className={form.actions}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={create.isPending}>
            Make the token
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
