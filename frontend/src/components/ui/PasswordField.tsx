// A password: hidden, shown on request, open to paste and to password managers.
import { useState, type InputHTMLAttributes, type Ref } from "react";
import { Button } from "./Button";
import { Field } from "./Field";

interface PasswordFieldProps extends InputHTMLAttributes<HTMLInputElement> {
  id: string;
  label: string;
  autoComplete: "current-password" | "new-password";
  error?: string | null;
  hint?: string;
  large?: boolean;
  ref?: Ref<HTMLInputElement>;
}

export function PasswordField(props: PasswordFieldProps) {
  const [shown, setShown] = useState(false);
  return (
    <Field
      {...props}
      type={shown ? "text" : "password"}
      autoCapitalize="none"
      spellCheck={false}
      end={
        <Button
          variant="quiet"
          size="sm"
          iconOnly
          icon={shown ? "eyeoff" : "eye"}
          aria-label={shown ? "Hide the password" : "Show the password"}
          onClick={() => setShown(!shown)}
        />
      }
    />
  );
}
