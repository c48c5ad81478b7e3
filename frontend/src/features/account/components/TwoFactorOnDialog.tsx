// Switching the second step on, in three: the password, the code from the phone, and the recovery codes to keep.
import { useRef, useState, type FormEvent } from "react";
import { Problem } from "@/components/ui/AskDialog";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { Field } from "@/components/ui/Field";
import form from "@/components/ui/form.module.css";
import { PasswordField } from "@/components/ui/PasswordField";
import { isApiError, said } from "@/lib/api";
import { useBeginTwoFactor, useConfirmTwoFactor, type TwoFactorSecret } from "../api";
import { QrCode } from "./QrCode";
import { RecoveryCodes } from "./RecoveryCodes";
import styles from "./TwoFactorOnDialog.module.css";

export function TwoFactorOnDialog({ onClose }: { onClose: () => void }) {
  const [secret, setSecret] = useState<TwoFactorSecret | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  if (codes) return <RecoveryCodes codes={codes} onClose={onClose} />;
  if (secret) return <ScanStep secret={secret} onCodes={setCodes} onClose={onClose} />;
  return <PasswordStep onSecret={setSecret} onClose={onClose} />;
}

interface PasswordStepProps {
  onSecret: (secret: TwoFactorSecret) => void;
  onClose: () => void;
}

function PasswordStep({ onSecret, onClose }: PasswordStepProps) {
  const begin = useBeginTwoFactor();
  const field = useRef<HTMLInputElement>(null);
  const wrong = isApiError(begin.error) && begin.error.code === "bad_credentials";

  function submit(event: FormEvent) {
    event.preventDefault();
    const password = field.current?.value ?? "";
    if (!password) return field.current?.focus();
    begin.mutate(password, { onSuccess: onSecret });
  }

  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title="Switch on the second step"
      text="You need an app on your phone that makes codes, such as Aegis, FreeOTP or Google Authenticator."
      initialFocus={field}
    >
      <form className={`${form.form} ${form.inDialog}`} onSubmit={submit} noValidate>
        <PasswordField
          ref={field}
          id="on-password"
          label="Your password"
          autoComplete="current-password"
          error={wrong ? "That is not your password." : null}
        />
        <Problem text={begin.error && !wrong ? said(begin.error) : null} />
        <div className={form.actions}>
          <Button onClick={onClose}>Leave it off</Button>
          <Button type="submit" variant="primary" busy={begin.isPending}>
            Go on
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface ScanStepProps {
  secret: TwoFactorSecret;
  onCodes: (codes: string[]) => void;
  onClose: () => void;
}

function ScanStep({ secret, onCodes, onClose }: ScanStepProps) {
  const confirm = useConfirmTwoFactor();
  const field = useRef<HTMLInputElement>(null);
  const wrong = isApiError(confirm.error) && (confirm.error.status === 401 || confirm.error.status === 422);

  function submit(event: FormEvent) {
    event.preventDefault();
    const code = (field.current?.value ?? "").replaceAll(/\s/g, "");
    if (!code) return field.current?.focus();
    confirm.mutate(code, {
      onSuccess: ({ recovery_codes }) => onCodes(recovery_codes),
      onError: () => field.current?.select(),
    });
  }

  return (
    <Dialog
      open
      wide
      stays
      onClose={onClose}
      title="Scan this with the app"
      text="It is on once the app’s first code is right."
      initialFocus={field}
    >
      <div className={styles.scan}>
        <QrCode text={secret.uri} label="The code to scan with the app on your phone" />
        <div>
          <p>Or type this into the app:</p>
          <code className={styles.secret}>{fours(secret.secret)}</code>
        </div>
      </div>
      <form className={form.form} onSubmit={submit} noValidate>
        <Field
          ref={field}
          id="first-code"
          label="The code that the app shows"
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={9}
          spellCheck={false}
          error={wrong ? "That code is not right. Type the one it shows now." : null}
        />
        <Problem text={confirm.error && !wrong ? said(confirm.error) : null} />
        <div className={form.actions}>
          <Button onClick={onClose}>Leave it off</Button>
          <Button type="submit" variant="primary" busy={confirm.isPending}>
            Switch it on
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** In groups of four, as one reads it off. */
function fours(secret: string): string {
  return secret.match(/.{1,4}/g)?.join(" ") ?? secret;
}
