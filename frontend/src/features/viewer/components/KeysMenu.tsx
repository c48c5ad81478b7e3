// Keys that the browser or this computer would keep for itself, and the clipboard's text typed key by key.
import { useState } from "react";
import { Menu, MenuItem, MenuRule } from "@/components/ui/Menu";
import { COMBINATIONS, CONSOLES, type Combination } from "../keys";
import { BarButton } from "./BarButton";

interface KeysMenuProps {
  disabled: boolean;
  side: "top" | "bottom";
  onPress: (combination: Combination) => void;
  /** Undefined while there is nothing to type. */
  onType: (() => void) | undefined;
  onOpenChange: (open: boolean) => void;
}

export function KeysMenu({ disabled, side, onPress, onType, onOpenChange }: KeysMenuProps) {
  const [consoles, setConsoles] = useState(false);
  return (
    <Menu
      dark
      align="center"
      side={side}
      onOpenChange={(open) => {
        if (open) setConsoles(false);
        onOpenChange(open);
      }}
      trigger={
        <BarButton
          icon="keys"
          word="Keys"
          aria-label="Keys: Ctrl+Alt+Del and others"
          aria-disabled={disabled || undefined}
        />
      }
    >
      {(consoles ? CONSOLES : COMBINATIONS).map((combination) => (
        <MenuItem key={combination.name} disabled={disabled} onSelect={() => onPress(combination)}>
          {combination.name}
        </MenuItem>
      ))}
      {!consoles && (
        <>
          <MenuItem
            disabled={disabled}
            onSelect={(event) => {
              event.preventDefault();
              setConsoles(true);
            }}
          >
            Ctrl+Alt+F1…
          </MenuItem>
          <MenuRule />
          <MenuItem disabled={disabled || !onType} onSelect={() => onType?.()}>
            Type the clipboard
          </MenuItem>
        </>
      )}
    </Menu>
  );
}
