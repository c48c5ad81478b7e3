// A labelled text field.
import type { InputHTMLAttributes, ReactNode, Ref } from "react";
import styles from "./Field.module.css";

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  id: string;
  label: string;
  optional?: boolean;
  /** What is wrong with it; read out with the field. */
  error?: string | null;
  /** Taller, for the sign-in page. */
  large?: boolean;
  /** Stands at the field's end: a button that shows the password. */
  end?: ReactNode;
  ref?: Ref<HTMLInputElement>;
}

export function Field({ id, label, optional, error, large, end, className, ...rest }: FieldProps) {
  const input = (
    <input
      {...rest}
      id={id}
      className={[styles.input, large && styles.large, end && styles.withEnd, className].filter(Boolean).join(" ")}
      {...(error && { "aria-invalid": true, "aria-describedby": `${id}-error` })}
    />
  );
  return (
    <div className={styles.field}>
      <label htmlFor={id}>
        {label} {optional && <span className={styles.optional}>(optional)</span>}
      </label>
      {end ? (
        <div className={styles.wrap}>
          {input}
          {end}
        </div>
      ) : (
        input
      )}
      {error && (
        <p className={styles.error} id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}
