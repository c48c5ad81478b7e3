// A labelled text field, and what else stands under a label: a choice, a longer text.
import type { InputHTMLAttributes, ReactNode, Ref, SelectHTMLAttributes, TextareaHTMLAttributes } from "react";
import styles from "./Field.module.css";

interface Labelled {
  id: string;
  label: string;
  optional?: boolean;
  /** What is wrong with it; read out with the field. */
  error?: string | null;
  /** What helps to fill it in; read out with the field. */
  hint?: ReactNode;
}

interface FieldProps extends Labelled, InputHTMLAttributes<HTMLInputElement> {
  id: string;
  /** Taller, for the sign-in page. */
  large?: boolean;
  /** Stands at the field's end: a button that shows the password. */
  end?: ReactNode;
  ref?: Ref<HTMLInputElement>;
}

export function Field({ id, label, optional, error, hint, large, end, className, ...rest }: FieldProps) {
  const input = (
    <input
      {...rest}
      id={id}
      className={[styles.input, large && styles.large, end && styles.withEnd, className].filter(Boolean).join(" ")}
      {...said(id, error, hint)}
    />
  );
  return (
    <Frame id={id} label={label} optional={optional} error={error} hint={hint}>
      {end ? (
        <div className={styles.wrap}>
          {input}
          {end}
        </div>
      ) : (
        input
      )}
    </Frame>
  );
}

interface ChoiceFieldProps extends Labelled, SelectHTMLAttributes<HTMLSelectElement> {
  id: string;
}

/** One of a few, from the browser's own list. */
export function ChoiceField({ id, label, optional, error, hint, className, children, ...rest }: ChoiceFieldProps) {
  return (
    <Frame id={id} label={label} optional={optional} error={error} hint={hint}>
      <select
        {...rest}
        id={id}
        className={[styles.input, styles.choice, className].filter(Boolean).join(" ")}
        {...said(id, error, hint)}
      >
        {children}
      </select>
    </Frame>
  );
}

interface TextFieldProps extends Labelled, TextareaHTMLAttributes<HTMLTextAreaElement> {
  id: string;
}

export function TextField({ id, label, optional, error, hint, className, ...rest }: TextFieldProps) {
  return (
    <Frame id={id} label={label} optional={optional} error={error} hint={hint}>
      <textarea
        {...rest}
        id={id}
        className={[styles.input, styles.text, className].filter(Boolean).join(" ")}
        {...said(id, error, hint)}
      />
    </Frame>
  );
}

function Frame({ id, label, optional, error, hint, children }: Labelled & { children: ReactNode }) {
  return (
    <div className={styles.field}>
      <label htmlFor={id}>
        {label} {optional && <span className={styles.optional}>(optional)</span>}
      </label>
      {children}
      {hint && (
        <p className={styles.hint} id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p className={styles.error} id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

function said(id: string, error: string | null | undefined, hint: ReactNode) {
  const ids = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ");
  return { ...(error && { "aria-invalid": true }), ...(ids && { "aria-describedby": ids }) };
}
