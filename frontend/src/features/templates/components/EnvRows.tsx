// The variables of a template: a row each, a name and a value.
import { useRef } from "react";
import { Button } from "@/components/ui/Button";
import field from "@/components/ui/Field.module.css";
import type { EnvVar } from "../api";
import styles from "./TemplateDrawer.module.css";

interface EnvRowsProps {
  env: EnvVar[];
  error: string | null;
  onChange: (next: EnvVar[]) => void;
}

export function EnvRows({ env, error, onChange }: EnvRowsProps) {
  const rows = useRef<HTMLDivElement>(null);
  const set = (index: number, more: Partial<EnvVar>) => onChange(env.with(index, { ...env[index]!, ...more }));

  function add() {
    onChange([...env, { name: "", value: "" }]);
    // The row is there with the next drawing.
    requestAnimationFrame(() =>
      rows.current?.querySelector<HTMLInputElement>(":scope > div:last-of-type input")?.focus(),
    );
  }

  return (
    <div ref={rows}>
      {env.map(({ name, value }, index) => (
        <div className={styles.env} key={index}>
          <input
            className={field.input}
            aria-label={`Name of variable ${index + 1}`}
            placeholder="NAME"
            value={name}
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            onChange={(event) => set(index, { name: event.target.value.toUpperCase() })}
          />
          <input
            className={field.input}
            aria-label={`Value of variable ${index + 1}`}
            placeholder="value"
            value={value}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => set(index, { value: event.target.value })}
          />
          <Button
            variant="quiet"
            iconOnly
            icon="x"
            aria-label={`Remove the variable ${name || index + 1}`}
            onClick={() => onChange(env.filter((_, at) => at !== index))}
          />
        </div>
      ))}
      {error && (
        <p className={styles.fault} role="alert">
          {error}
        </p>
      )}
      <Button size="sm" icon="plus" onClick={add}>
        Add a variable
      </Button>
    </div>
  );
}
