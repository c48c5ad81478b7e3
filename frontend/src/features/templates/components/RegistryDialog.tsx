// The sign-in for a registry: its host, a name and a password or token.
import { useRef, useState, type FormEvent } from "react";
import { Problem } from "@/components/ui/AskDialog";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { Field } from "@/components/ui/Field";
import form from "@/components/ui/form.module.css";
import { saidBeside, saidOf } from "@/lib/api";
import { useSaveRegistry, type Registry } from "../api";

interface RegistryDialogProps {
  /** Null: a new one. */
  registry: Registry | null;
  onClose: () => void;
}

export function RegistryDialog({ registry, onClose }: RegistryDialogProps) {
  const save = useSaveRegistry();
  const first = useRef<HTMLInputElement>(null);
  const [empty, setEmpty] = useState(false);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const text = (name: string) => ((data.get(name) as string | null) ?? "").trim();
    const body = { host: registry?.host ?? text("host"), username: text("username"), password: text("password") };
    const missing = Object.values(body).some((value) => !value);
    setEmpty(missing);
    if (!missing) save.mutate(body, { onSuccess: onClose });
  }

  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={registry ? `The sign-in for ${registry.host}` : "Add a registry"}
      text="It is kept sealed, used by the workers only, and never shown again."
      initialFocus={first}
    >
      <form className={`${form.form} ${form.inDialog}`} onSubmit={submit} noValidate>
        {!registry && (
          <Field
            ref={first}
            id="registry-host"
            name="host"
            label="Host"
            placeholder="registry.example.org"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            error={saidOf(save.error, "host")}
          />
        )}
        <Field
          ref={registry ? first : undefined}
          id="registry-username"
          name="username"
          label="Name"
          defaultValue={registry?.username}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          error={saidOf(save.error, "username")}
        />
        <Field
          id="registry-password"
          name="password"
          type="password"
          label="Password or token"
          autoComplete="off"
          error={saidOf(save.error, "password")}
        />
        <Problem text={empty ? "Fill in all of them." : saidBeside(save.error, ["host", "username", "password"])} />
        <div className={form.actions}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={save.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
