// A new password for the one who is signed in.
import { useRef, useState, type FormEvent } from "react";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { PasswordField } from "@/components/ui/PasswordField";
import { toast } from "@/components/ui/Toast";
import { isApiError } from "@/lib/api";
import { shownName, useChangePassword, useMe } from "../api";
import styles from "./ChangePasswordDialog.module.css";

export function ChangePasswordDialog({ onClose }: { onClose: () => void }) {
  const me = useMe();
  const change = useChangePassword();
  const present = useRef<HTMLInputElement>(null);
  const next = useRef<HTMLInputElement>(null);
  const [empty, setEmpty] = useState<"present" | "next" | null>(null);
  const wrong = isApiError(change.error) && change.error.code === "bad_credentials";

  function submit(event: FormEvent) {
    event.preventDefault();
    const current_password = present.current?.value ?? "";
    const new_password = next.current?.value ?? "";
    const missing = !current_password ? "present" : !new_password ? "next" : null;
    setEmpty(missing);
    if (missing) return (missing === "present" ? present : next).current?.focus();
    change.mutate(
      { current_password, new_password },
      {
        onSuccess: () => {
          toast("Your password is changed.");
          onClose();
        },
      },
    );
  }

  return (
    <Dialog open wide onClose={onClose} title="Change your password" initialFocus={present}>
      <form className={styles.form} onSubmit={submit} noValidate>
        <input className="sr" tabIndex={-1} aria-hidden autoComplete="username" readOnly value={me.username} />
        <PasswordField
          ref={present}
          id="present-password"
          label="Present password"
          autoComplete="current-password"
          error={
            empty === "present"
              ? "Type the password you have now."
              : wrong
                ? "That is not your present password."
                : null
          }
        />
        <PasswordField
          ref={next}
          id="next-password"
          label="New password"
          autoComplete="new-password"
          error={empty === "next" ? "Type a new password." : wrong ? null : said(change.error)}
        />
        <p className={styles.who}>For {shownName(me)}</p>
        <div className={styles.actions}>
          <Button onClick={onClose}>Leave it as it is</Button>
          <Button type="submit" variant="primary" busy={change.isPending}>
            Change the password
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function said(error: Error | null): string | null {
  if (!error) return null;
  if (!isApiError(error)) return "That did not work. Try again.";
  if (error.unreachable) return "Berth does not answer. Try again in a moment.";
  return error.status === 422 || error.status === 429 ? error.detail : "That did not work. Try again.";
}
