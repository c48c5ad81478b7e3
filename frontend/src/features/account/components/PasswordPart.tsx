// A new password for the one who is signed in.
import { useRef, useState, type FormEvent } from "react";
import { Problem } from "@/components/ui/AskDialog";
import { Button } from "@/components/ui/Button";
import form from "@/components/ui/form.module.css";
import { PasswordField } from "@/components/ui/PasswordField";
import { toast } from "@/components/ui/Toast";
import { useChangePassword, useMe } from "@/features/session/api";
import { isApiError, said } from "@/lib/api";
import { CONNECTION_BANNER_ID, useOffline } from "@/lib/events";
import { Part } from "./Part";
import styles from "./Part.module.css";

export function PasswordPart() {
  const me = useMe();
  const offline = useOffline();
  const change = useChangePassword();
  const present = useRef<HTMLInputElement>(null);
  const next = useRef<HTMLInputElement>(null);
  const [empty, setEmpty] = useState<"present" | "next" | null>(null);
  const wrong = isApiError(change.error) && change.error.code === "bad_credentials";
  const refused = isApiError(change.error) && change.error.status === 422;

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const element = event.currentTarget;
    const current_password = present.current?.value ?? "";
    const new_password = next.current?.value ?? "";
    const missing = !current_password ? "present" : !new_password ? "next" : null;
    setEmpty(missing);
    if (missing) return (missing === "present" ? present : next).current?.focus();
    change.mutate(
      { current_password, new_password },
      {
        onSuccess: () => {
          element.reset();
          toast("Your password is changed.");
        },
      },
    );
  }

  return (
    <Part title="Password" text="At least 10 letters. Everywhere else you are signed in you will sign in again.">
      <form className={`${form.form} ${styles.narrow}`} onSubmit={submit} noValidate>
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
          error={empty === "next" ? "Type a new password." : refused ? said(change.error) : null}
        />
        <Problem text={change.error && !wrong && !refused ? said(change.error) : null} />
        <div className={`${form.actions} ${form.start}`}>
          <Button
            type="submit"
            busy={change.isPending}
            disabled={offline}
            aria-describedby={offline ? CONNECTION_BANNER_ID : undefined}
          >
            Change the password
          </Button>
        </div>
      </form>
    </Part>
  );
}
