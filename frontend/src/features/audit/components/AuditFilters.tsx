// What narrows the log, chips for what was set elsewhere, and the way to take it along as a file.
import buttons from "@/components/ui/Button.module.css";
import { Chip, FilterBar, FilterChoice, SearchField } from "@/components/ui/FilterBar";
import type { AuditFilter } from "../api/types";
import { exportAddress } from "../api/useAudit";
import { SINCE } from "../filters";
import { ACTIONS, RESULTS } from "../words";

interface AuditFiltersProps {
  filter: AuditFilter;
  onFilter: (next: AuditFilter) => void;
}

export function AuditFilters({ filter, onFilter }: AuditFiltersProps) {
  const set = (field: keyof AuditFilter) => (value: string | undefined) => onFilter({ ...filter, [field]: value });
  return (
    <FilterBar
      end={
        <a
          className={`${buttons.button} ${buttons.plain} ${buttons.sm}`}
          href={exportAddress(filter)}
          download="audit.ndjson"
          title="What is found, oldest first, one JSON object a line"
        >
          Export
        </a>
      }
    >
      <SearchField
        label="Search the audit log"
        placeholder="Who, what or request id"
        value={filter.q ?? ""}
        onSearch={(q) => set("q")(q || undefined)}
      />
      <FilterChoice label="Action" any="Any action" value={filter.action} options={ACTIONS} onChoose={set("action")} />
      <FilterChoice label="Result" any="Any result" value={filter.result} options={RESULTS} onChoose={set("result")} />
      <FilterChoice label="When" any="Any time" value={filter.since} options={SINCE} onChoose={set("since")} />
      {filter.actor && <Chip text={`By ${filter.actor}`} onRemove={() => set("actor")(undefined)} />}
      {filter.target && <Chip text="One thing" onRemove={() => set("target")(undefined)} />}
      {filter.until && <Chip text={`Until ${filter.until}`} onRemove={() => set("until")(undefined)} />}
    </FilterBar>
  );
}
