// What narrows the list: a search, kind, worker, age, and chips for what was set elsewhere; and the hold on updates.
import { Button } from "@/components/ui/Button";
import { Chip, FilterBar, FilterChoice, SearchField } from "@/components/ui/FilterBar";
import { workerName } from "@/features/admin/words";
import type { JobFilter, Worker } from "@/lib/api";
import { SINCE } from "../filters";
import { useQueueContext } from "../QueueContext";
import { KIND, KINDS } from "../states";

interface FiltersProps {
  workers: Worker[] | undefined;
  held: boolean;
  onHold: (on: boolean) => void;
}

export function Filters({ workers, held, onHold }: FiltersProps) {
  const { filter, setFilter } = useQueueContext();
  const set = (field: keyof JobFilter) => (value: string | undefined) => setFilter({ ...filter, [field]: value });
  const ids = workers?.map((worker) => worker.id) ?? [];
  if (filter.worker && !ids.includes(filter.worker)) ids.push(filter.worker);
  return (
    <FilterBar
      endWideOnly
      end={
        <Button
          variant={held ? "plain" : "quiet"}
          size="sm"
          icon={held ? "play" : "pause"}
          aria-pressed={held}
          onClick={() => onHold(!held)}
        >
          {held ? "Go on updating" : "Hold updates"}
        </Button>
      }
    >
      <SearchField
        label="Search jobs"
        placeholder="User, desktop or job id"
        value={filter.q ?? ""}
        onSearch={(q) => set("q")(q || undefined)}
      />
      <FilterChoice
        label="Kind"
        any="Any kind"
        value={filter.kind}
        options={KINDS.map((kind) => ({ value: kind, word: KIND[kind].word }))}
        onChoose={set("kind")}
      />
      <FilterChoice
        label="Worker"
        any="Any worker"
        value={filter.worker}
        options={ids.map((id) => ({ value: id, word: workerName(id) }))}
        onChoose={set("worker")}
      />
      <FilterChoice label="Age" any="Any time" value={filter.since} options={SINCE} onChoose={set("since")} />
      {filter.user && <Chip text={`User ${filter.user}`} onRemove={() => set("user")(undefined)} />}
      {filter.desktop && <Chip text="One desktop" onRemove={() => set("desktop")(undefined)} />}
      {filter.state?.includes(",") && (
        <Chip text={filter.state.replaceAll(",", ", ")} onRemove={() => set("state")(undefined)} />
      )}
    </FilterBar>
  );
}
