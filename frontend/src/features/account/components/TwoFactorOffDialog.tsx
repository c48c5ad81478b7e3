// Switching the second step off: the password proves that it is oneself.
import { useRef, type FormEvent } from "react";
import { Problem } from "@/components/ui/AskDialog";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import form from "@/components/ui/form.module.css";
import { PasswordField } from "@/components/ui/PasswordField";
import { isApiError, said } from "@/lib/api";
import { useEndTwoFactor } from "../api";

export function TwoFactorOffDialog({ onClose }: { onClose: () => void }) {
  const end = useEndTwoFactor();
  const field = useRef<HTMLInputElement>(null);
  const wrong = isApiError(end.error) && end.error.code === "bad_credentials";

  function submit(event: FormEvent) {
    event.preventDefault();
    const password = field.current?.value ?? "";
    if (!password) return field.current?.focus();
    end.mutate(password, { onSuccess: onClose });
  }

  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title="Switch off the second step?"
      text="Your password alone lets you in then. The recovery codes you have stop working."
      initialFocus={field}
    >
      <form className={`${form.form} ${form.inDialog}`} onSubmit={submit} noValidate>
        <PasswordField
          ref={field}
          id="off-password"
          label="Your password"
          autoComplete="current-password"
          error={wrong ? "That is not your password." : null}
        />
        <Problem text={end.error && !wrong ? said(end.error) : null} />
        <div className={form.actions}>
          <Button onClick={onClose}>Leave it on</Button>
          <Button type="submit" variant="danger" busy={end.isPending}>
            Switch it off
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
