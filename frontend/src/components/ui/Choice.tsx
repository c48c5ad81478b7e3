// A tick or a point with its words, and a second line that says what it means.
import type { InputHTMLAttributes, ReactNode } from "react";
import styles from "./form.module.css";

interface ChoiceProps extends InputHTMLAttributes<HTMLInputElement> {
  type: "checkbox" | "radio";
  word: ReactNode;
  means?: ReactNode;
}

export function Choice({ word, means, ...rest }: ChoiceProps) {
  return (
    <label className={styles.choice}>
      <input {...rest} />
      <span>
        {word}
        {means && <small>{means}</small>}
      </span>
    </label>
  );
}
