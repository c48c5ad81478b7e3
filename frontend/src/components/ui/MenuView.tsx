// The opened menu and what stands in it. Not modal: the page stays as it is, and no <style> element is added.
// Loaded by Menu.tsx; pages import from there.
import * as Radix from "@radix-ui/react-dropdown-menu";
import type { ReactNode } from "react";
import { Icon } from "./Icon";
import type { MenuChoiceProps, MenuItemProps, MenuProps } from "./Menu";
import styles from "./Menu.module.css";

export function MenuView({
  trigger,
  children,
  align = "end",
  side = "bottom",
  onOpenChange,
  dark,
  container,
}: MenuProps) {
  return (
    <Radix.Root modal={false} defaultOpen onOpenChange={onOpenChange}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      {/* In the page's main part, so that those who go from landmark to landmark find it. */}
      <Radix.Portal container={container ?? document.getElementById("main") ?? undefined}>
        <Radix.Content
          className={dark ? `${styles.menu} ${styles.dark}` : styles.menu}
          align={align}
          side={side}
          sideOffset={6}
          collisionPadding={8}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export function ItemView({ onSelect, icon, danger, disabled, children }: MenuItemProps) {
  return (
    <Radix.Item
      className={danger ? `${styles.item} ${styles.danger}` : styles.item}
      disabled={disabled}
      onSelect={onSelect}
    >
      {icon && <Icon name={icon} />}
      <span className={styles.label}>{children}</span>
    </Radix.Item>
  );
}

export function ChoiceView<T extends string>({ label, value, onChange, options }: MenuChoiceProps<T>) {
  return (
    <Radix.RadioGroup value={value} onValueChange={(next) => onChange(next as T)} aria-label={label}>
      {options.map((option) => (
        <Radix.RadioItem key={option.value} value={option.value} className={styles.item}>
          {option.icon && <Icon name={option.icon} />}
          <span className={styles.label}>{option.label}</span>
          <Radix.ItemIndicator className={styles.tick}>
            <Icon name="check" />
          </Radix.ItemIndicator>
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  );
}

export function HeadingView({ children }: { children: ReactNode }) {
  return <Radix.Label className={styles.heading}>{children}</Radix.Label>;
}

export function RuleView() {
  return <Radix.Separator className={styles.rule} />;
}
