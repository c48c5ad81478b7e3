// What may be done with a template, from its row.
import { Button } from "@/components/ui/Button";
import { Menu, MenuItem, MenuRule } from "@/components/ui/Menu";
import { toast } from "@/components/ui/Toast";
import { type AdminTemplate, said } from "@/lib/api";
import { useOrderTemplates, usePullImage, useSaveTemplate } from "../api";

interface TemplateMenuProps {
  template: AdminTemplate;
  templates: AdminTemplate[];
  offline: boolean;
  onOpen: (id: string) => void;
  onDelete: (template: AdminTemplate) => void;
}

export function TemplateMenu({ template, templates, offline, onOpen, onDelete }: TemplateMenuProps) {
  const save = useSaveTemplate(template.id);
  const pull = usePullImage();
  const order = useOrderTemplates();
  const { id, name, enabled } = template;
  const ids = templates.map((one) => one.id);
  const at = ids.indexOf(id);
  const failed = (what: string) => ({ onError: (error: Error) => toast(`${what} ${said(error)}`) });
  const move = (to: number) => order.mutate(moved(ids, at, to), failed(`“${name}” stays where it is.`));
  return (
    <Menu
      trigger={
        <Button
          variant="quiet"
          size="sm"
          iconOnly
          icon="more"
          busy={save.isPending || pull.isPending || order.isPending}
          aria-label={`More for ${name}`}
        />
      }
    >
      <MenuItem icon="brush" onSelect={() => onOpen(id)}>
        Change
      </MenuItem>
      <MenuItem icon="down" disabled={offline} onSelect={() => pull.mutate(id, failed("The image is not pulled."))}>
        Pull the image
      </MenuItem>
      <MenuRule />
      {at > 1 && (
        <MenuItem disabled={offline} onSelect={() => move(0)}>
          Move to the top
        </MenuItem>
      )}
      {at > 0 && (
        <MenuItem disabled={offline} onSelect={() => move(at - 1)}>
          Move up
        </MenuItem>
      )}
      {at < ids.length - 1 && (
        <MenuItem disabled={offline} onSelect={() => move(at + 1)}>
          Move down
        </MenuItem>
      )}
      {enabled && !template.default && (
        <MenuItem
          icon="check"
          disabled={offline}
          onSelect={() => save.mutate({ default: true }, failed("The default is not changed."))}
        >
          Make it the default
        </MenuItem>
      )}
      <MenuItem
        icon={enabled ? "pause" : "play"}
        disabled={offline}
        onSelect={() => save.mutate({ enabled: !enabled }, failed(`“${name}” is not changed.`))}
      >
        {enabled ? "Disable" : "Enable"}
      </MenuItem>
      <MenuRule />
      <MenuItem icon="x" danger disabled={offline} onSelect={() => onDelete(template)}>
        Delete
      </MenuItem>
    </Menu>
  );
}

export function moved(ids: string[], from: number, to: number): string[] {
  const rest = ids.filter((_, index) => index !== from);
  return [...rest.slice(0, to), ids[from]!, ...rest.slice(to)];
}
