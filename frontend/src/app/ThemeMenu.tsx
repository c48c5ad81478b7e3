// Light, dark, or as the system has it.
import { Button } from "@/components/ui/Button";
import { Menu, MenuChoice } from "@/components/ui/Menu";
import type { IconName } from "@/components/ui/Icon";
import { setTheme, useTheme, type Theme } from "@/lib/theme";

const icons: Record<Theme, IconName> = { light: "sun", dark: "moon", system: "half" };

const options: { value: Theme; label: string; icon: IconName }[] = [
  { value: "light", label: "Light", icon: icons.light },
  { value: "dark", label: "Dark", icon: icons.dark },
  { value: "system", label: "As the system has it", icon: icons.system },
];

export function ThemeMenu() {
  const theme = useTheme();
  return (
    <Menu trigger={<Button variant="quiet" size="sm" iconOnly icon={icons[theme]} aria-label="Theme" />}>
      <MenuChoice label="Theme" value={theme} onChange={setTheme} options={options} />
    </Menu>
  );
}
