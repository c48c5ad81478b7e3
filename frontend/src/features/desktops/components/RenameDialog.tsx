// A new name for a desktop.
import { useRef, useState, type FormEvent } from "react";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { Field } from "@/components/ui/Field";
import { isApiError, type Desktop } from "@/lib/api";
import { useRenameDesktop } from "../api";
import { failed } from "../useRowActions";
import styles from "./dialogs.module.css";

export function RenameDialog({ desktop, onClose }: { desktop: Desktop; onClose: () => void }) {
  const rename = useRenameDesktop();
  const [name, setName] = useState(desktop.name);
  const field = useRef<HTMLInputElement>(null);
  const trimmed = name.trim();

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!trimmed) return field.current?.focus();
    if (trimmed === desktop.name) return onClose();
    rename.mutate({ id: desktop.id, name: trimmed }, { onSuccess: onClose });
  }

  return (
    <Dialog open wide onClose={onClose} title={`Rename “${desktop.name}”`} initialFocus={field}>
      <form className={styles.form} onSubmit={submit} noValidate>
        <Field
          ref={field}
          id="rename"
          label="New name"
          value={name}
          maxLength={60}
          autoComplete="off"
          onChange={(event) => setName(event.target.value)}
          onFocus={(event) => event.target.select()}
          error={said(rename.error, desktop.name)}
        />
        <div className={styles.actions}>
          <Button onClick={onClose}>Leave it as it is</Button>
          <Button type="submit" variant="primary" busy={rename.isPending}>
            Rename
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function said(error: Error | null, name: string): string | null {
  if (!error) return null;
  return isApiError(error) && error.status === 422 ? error.detail : failed(`“${name}” was not renamed`, error);
}
