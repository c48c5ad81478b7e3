// What may be done about a person, from the row.
import { Button } from "@/components/ui/Button";
import { Menu, MenuItem, MenuRule } from "@/components/ui/Menu";
import { toast } from "@/components/ui/Toast";
import { said } from "@/lib/api";
import { navigate, paths, withSearch } from "@/lib/router";
import { useChangePerson, type AdminUser } from "../api";
import { usePeopleContext } from "../PeopleContext";
import { personName } from "../words";

export function PersonMenu({ person }: { person: AdminUser }) {
  const { offline, meId, open, ask } = usePeopleContext();
  const change = useChangePerson(person.id);
  const name = personName(person);
  const me = person.id === meId;
  return (
    <Menu
      trigger={
        <Button
          variant="quiet"
          size="sm"
          iconOnly
          icon="more"
          busy={change.isPending}
          aria-label={`More for ${name}`}
        />
      }
    >
      <MenuItem icon="eye" onSelect={() => open(person.id)}>
        Show
      </MenuItem>
      <MenuItem icon="queue" onSelect={() => navigate(withSearch(paths.queue, { user: person.username }))}>
        Jobs in the queue
      </MenuItem>
      <MenuItem icon="book" onSelect={() => navigate(withSearch(paths.audit, { actor: person.username }))}>
        What they did
      </MenuItem>
      {!person.deleting && (
        <>
          <MenuRule />
          <MenuItem icon="keys" disabled={offline} onSelect={() => ask("password", person)}>
            Set a new password
          </MenuItem>
          <MenuItem icon="open" disabled={offline} onSelect={() => ask("invite", person)}>
            Make an invite link
          </MenuItem>
          {!me && person.disabled && (
            <MenuItem
              icon="check"
              disabled={offline}
              onSelect={() =>
                change.mutate(
                  { disabled: false },
                  { onError: (error) => toast(`${name} is still switched off. ${said(error)}`) },
                )
              }
            >
              Switch on
            </MenuItem>
          )}
          {!me && !person.disabled && (
            <MenuItem icon="pause" disabled={offline} onSelect={() => ask("off", person)}>
              Switch off
            </MenuItem>
          )}
          {!me && (
            <MenuItem icon="x" danger disabled={offline} onSelect={() => ask("delete", person)}>
              Delete
            </MenuItem>
          )}
        </>
      )}
    </Menu>
  );
}
