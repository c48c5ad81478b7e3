// A row's buttons, what stands in the way of one, and the menu with the rest.
import { Button, ButtonLink } from "@/components/ui/Button";
import { Menu, MenuItem, MenuRule } from "@/components/ui/Menu";
import type { Desktop } from "@/lib/api";
import { CONNECTION_BANNER_ID } from "@/lib/events";
import { paths } from "@/lib/router";
import { useDesktopsContext } from "../DesktopsContext";
import { ACTION_WORDS, STATUS, type ActionName } from "../status";
import { useRowActions } from "../useRowActions";
import type { StartBlock } from "../useStartBlock";

interface RowActionsProps {
  desktop: Desktop;
  /** Why a start is not possible now; its text stands under the buttons. */
  block: StartBlock | null;
  compact?: boolean;
}

const STARTS: ReadonlySet<ActionName> = new Set(["start", "startAgain", "tryAgain"]);

export function RowActions({ desktop, block, compact = false }: RowActionsProps) {
  const { offline, openDialog } = useDesktopsContext();
  const { run, busy } = useRowActions(desktop);
  const { actions, shown } = STATUS[desktop.status];
  if (actions.length === 0) return null;
  const size = compact ? "sm" : "md";
  const visible = actions.slice(0, compact ? 1 : shown);
  const inMenu = actions.slice(visible.length);

  return (
    <>
      {visible.map((action) => {
        if (action === "open") {
          return (
            <ButtonLink
              key={action}
              to={paths.viewer(desktop.id)}
              variant={compact ? "plain" : "primary"}
              size={size}
              {...(!compact && { icon: "open" as const })}
              aria-label={`Open ${desktop.name}`}
            >
              {ACTION_WORDS.open}
            </ButtonLink>
          );
        }
        const blocked = STARTS.has(action) ? block : null;
        return (
          <Button
            key={action}
            size={size}
            variant={action === "delete" ? "danger" : "plain"}
            {...(action === "start" && !compact && { icon: "play" as const })}
            busy={busy[action]}
            disabled={offline || blocked !== null}
            aria-describedby={offline ? CONNECTION_BANNER_ID : blocked?.id}
            title={compact ? blocked?.text : undefined}
            onClick={run[action]}
          >
            {ACTION_WORDS[action]}
          </Button>
        );
      })}
      <Menu
        trigger={<Button variant="quiet" size={size} iconOnly icon="more" aria-label={`More for ${desktop.name}`} />}
      >
        {inMenu
          .filter((action) => action !== "delete")
          .map((action) => (
            <MenuItem key={action} icon={action === "stop" ? "stop" : "play"} onSelect={run[action]} disabled={offline}>
              {ACTION_WORDS[action]}
            </MenuItem>
          ))}
        <MenuItem icon="brush" onSelect={() => openDialog("rename", desktop)} disabled={offline}>
          Rename
        </MenuItem>
        <MenuItem icon="clock" onSelect={() => openDialog("history", desktop)}>
          What happened
        </MenuItem>
        {inMenu.includes("delete") && (
          <>
            <MenuRule />
            <MenuItem icon="x" danger onSelect={run.delete} disabled={offline}>
              Delete
            </MenuItem>
          </>
        )}
      </Menu>
    </>
  );
}
