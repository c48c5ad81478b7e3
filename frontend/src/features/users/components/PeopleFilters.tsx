// What narrows the people: a search, role, group, and whether they can sign in.
import { FilterBar, FilterChoice, SearchField } from "@/components/ui/FilterBar";
import type { Group } from "../api";
import { STATES, type PeopleFilter } from "../filters";
import { ROLE, ROLES } from "../words";

interface PeopleFiltersProps {
  filter: PeopleFilter;
  groups: Group[] | undefined;
  onFilter: (next: PeopleFilter) => void;
}

export function PeopleFilters({ filter, groups, onFilter }: PeopleFiltersProps) {
  const set = (field: keyof PeopleFilter) => (value: string | undefined) => onFilter({ ...filter, [field]: value });
  return (
    <FilterBar>
      <SearchField
        label="Search users"
        placeholder="Name or sign-in"
        value={filter.q ?? ""}
        onSearch={(q) => set("q")(q || undefined)}
      />
      <FilterChoice
        label="Role"
        any="Any role"
        value={filter.role}
        options={ROLES.map((role) => ({ value: role, word: ROLE[role].word }))}
        onChoose={set("role")}
      />
      {groups && (groups.length > 0 || filter.group) && (
        <FilterChoice
          label="Group"
          any="Any group"
          value={filter.group}
          options={groups.map(({ id, name }) => ({ value: id, word: name }))}
          onChoose={set("group")}
        />
      )}
      <FilterChoice label="State" any="Any state" value={filter.state} options={STATES} onChoose={set("state")} />
    </FilterBar>
  );
}
