// What narrows a table: a search, a few choices, chips for what was set elsewhere. What is chosen lives in the address;
// these parts only show it and say what was asked for.
import { useEffect, useRef, type ReactNode } from "react";
import styles from "./FilterBar.module.css";
import { Icon } from "./Icon";

/** Typing is over when nothing was typed for this long. */
const TYPED_MS = 250;

/** `end`: what stands at the right. */
export function FilterBar({
  children,
  end,
  endWideOnly,
}: {
  children: ReactNode;
  end?: ReactNode;
  endWideOnly?: boolean;
}) {
  return (
    <div className={styles.filters}>
      {children}
      {end && <div className={endWideOnly ? `${styles.end} ${styles.wideOnly}` : styles.end}>{end}</div>}
    </div>
  );
}

interface SearchFieldProps {
  label: string;
  placeholder: string;
  value: string;
  onSearch: (words: string) => void;
}

/** `/` leads here. */
export function SearchField({ label, placeholder, value, onSearch }: SearchFieldProps) {
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // The address may change without the field: a cleared filter, the way back.
  useEffect(() => {
    if (field.current && field.current.value.trim() !== value) field.current.value = value;
    return () => clearTimeout(timer.current);
  }, [value]);
  return (
    <div className={styles.search}>
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        aria-label={label}
        placeholder={placeholder}
        data-search
        defaultValue={value}
        onChange={({ target }) => {
          clearTimeout(timer.current);
          timer.current = setTimeout(() => onSearch(target.value.trim()), TYPED_MS);
        }}
      />
      <kbd>/</kbd>
    </div>
  );
}

interface FilterChoiceProps {
  label: string;
  /** What it says while nothing is chosen. */
  any: string;
  value: string | undefined;
  options: { value: string; word: string }[];
  onChoose: (value: string | undefined) => void;
}

/** A value that is none of the options, from somebody's address, is shown as it is. */
export function FilterChoice({ label, any, value = "", options, onChoose }: FilterChoiceProps) {
  const known = value === "" || options.some((option) => option.value === value);
  return (
    <select aria-label={label} value={value} onChange={(event) => onChoose(event.target.value || undefined)}>
      <option value="">{any}</option>
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.word}
        </option>
      ))}
      {!known && <option value={value}>{value}</option>}
    </select>
  );
}

export function Chip({ text, onRemove }: { text: string; onRemove: () => void }) {
  return (
    <button type="button" className={styles.chip} aria-label={`Remove the filter: ${text}`} onClick={onRemove}>
      {text} <Icon name="x" size="sm" />
    </button>
  );
}
