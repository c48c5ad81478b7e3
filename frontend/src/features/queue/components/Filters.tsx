// What narrows the list: a search, kind, worker, age, and chips for what was set elsewhere; and the hold on updates.
import { useEffect, useRef } from "react";
import { Button } from "@/components/ui/Button";
import { Icon } from "@/components/ui/Icon";
import { workerName } from "@/features/admin/words";
import type { JobFilter, Worker } from "@/lib/api";
import { SINCE } from "../filters";
import { useQueueContext } from "../QueueContext";
import { KIND, KINDS } from "../states";
import styles from "./Filters.module.css";

/** Typing is over when nothing was typed for this long. */
const TYPED_MS = 250;

interface FiltersProps {
  workers: Worker[] | undefined;
  held: boolean;
  onHold: (on: boolean) => void;
}

export function Filters({ workers, held, onHold }: FiltersProps) {
  const { filter, setFilter } = useQueueContext();
  const set = (field: keyof JobFilter, value: string) => setFilter({ ...filter, [field]: value || undefined });
  const ids = workers?.map((worker) => worker.id) ?? [];
  if (filter.worker && !ids.includes(filter.worker)) ids.push(filter.worker);
  const since = SINCE.some(({ value }) => value === filter.since) || !filter.since;
  return (
    <div className={styles.filters}>
      <Search />
      <select aria-label="Kind" value={filter.kind ?? ""} onChange={(event) => set("kind", event.target.value)}>
        <option value="">Any kind</option>
        {KINDS.map((kind) => (
          <option key={kind} value={kind}>
            {KIND[kind].word}
          </option>
        ))}
      </select>
      <select aria-label="Worker" value={filter.worker ?? ""} onChange={(event) => set("worker", event.target.value)}>
        <option value="">Any worker</option>
        {ids.map((id) => (
          <option key={id} value={id}>
            {workerName(id)}
          </option>
        ))}
      </select>
      <select aria-label="Age" value={filter.since ?? ""} onChange={(event) => set("since", event.target.value)}>
        <option value="">Any time</option>
        {SINCE.map(({ value, word }) => (
          <option key={value} value={value}>
            {word}
          </option>
        ))}
        {!since && <option value={filter.since}>Since {filter.since}</option>}
      </select>
      {filter.user && <Chip text={`User ${filter.user}`} onRemove={() => set("user", "")} />}
      {filter.desktop && <Chip text="One desktop" onRemove={() => set("desktop", "")} />}
      {filter.state?.includes(",") && (
        <Chip text={filter.state.replaceAll(",", ", ")} onRemove={() => set("state", "")} />
      )}
      <Button
        className={styles.hold}
        variant={held ? "plain" : "quiet"}
        size="sm"
        icon={held ? "play" : "pause"}
        aria-pressed={held}
        onClick={() => onHold(!held)}
      >
        {held ? "Go on updating" : "Hold updates"}
      </Button>
    </div>
  );
}

function Search() {
  const { filter, setFilter } = useQueueContext();
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const q = filter.q ?? "";
  // The address may change without the field: a cleared filter, the way back.
  useEffect(() => {
    if (field.current && field.current.value.trim() !== q) field.current.value = q;
    return () => clearTimeout(timer.current);
  }, [q]);
  return (
    <div className={styles.search}>
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        aria-label="Search jobs"
        placeholder="User, desktop or job id"
        data-search
        defaultValue={q}
        onChange={({ target }) => {
          clearTimeout(timer.current);
          timer.current = setTimeout(() => setFilter({ ...filter, q: target.value.trim() || undefined }), TYPED_MS);
        }}
      />
      <kbd>/</kbd>
    </div>
  );
}

function Chip({ text, onRemove }: { text: string; onRemove: () => void }) {
  return (
    <button type="button" className={styles.chip} aria-label={`Remove the filter: ${text}`} onClick={onRemove}>
      {text} <Icon name="x" size="sm" />
    </button>
  );
}
