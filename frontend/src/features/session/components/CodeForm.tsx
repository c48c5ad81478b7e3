// The second step: a code from the phone, or a recovery code.
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from "react";
import { Button } from "@/components/ui/Button";
import { Field } from "@/components/ui/Field";
import styles from "./SignInPage.module.css";

interface CodeFormProps {
  username: string;
  /** What holds for the page: the server is down, too many tries. */
  news: ReactNode;
  busy: boolean;
  waits: boolean;
  button: string;
  wrong: boolean;
  onCode: (code: string) => void;
  onBack: () => void;
}

export function CodeForm({ username, news, busy, waits, button, wrong, onCode, onBack }: CodeFormProps) {
  const field = useRef<HTMLInputElement>(null);
  const [recovery, setRecovery] = useState(false);
  useEffect(() => field.current?.focus(), [recovery]);
  useEffect(() => {
    if (wrong && !busy) field.current?.select();
  }, [wrong, busy]);

  function submit(event: FormEvent) {
    event.preventDefault();
    const code = (field.current?.value ?? "").replaceAll(/\s/g, "");
    if (!code) return field.current?.focus();
    onCode(code);
  }

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <div>
        <h1>Second step</h1>
        <p className={styles.where}>Signing in as {username}</p>
      </div>
      {news}
      <Field
        key={recovery ? "recovery" : "code"}
        ref={field}
        id="code"
        name="code"
        label={recovery ? "Recovery code" : "Code from the app on your phone"}
        hint={recovery ? "One of those you kept. Each works once." : undefined}
        inputMode={recovery ? "text" : "numeric"}
        autoComplete={recovery ? "off" : "one-time-code"}
        autoCapitalize="none"
        spellCheck={false}
        large
        error={wrong ? "That code is not right, or was used before." : null}
      />
      <Button type="submit" variant="primary" size="wide" busy={busy} disabled={waits}>
        {button}
      </Button>
      <div className={styles.ways}>
        <Button size="sm" variant="quiet" icon="left" onClick={onBack}>
          Back
        </Button>
        <Button size="sm" variant="quiet" onClick={() => setRecovery(!recovery)}>
          {recovery ? "Use the app’s code" : "Use a recovery code"}
        </Button>
      </div>
    </form>
  );
}
