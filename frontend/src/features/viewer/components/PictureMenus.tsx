// How the picture is shown: its size and its quality. Both are remembered in this browser.
import { Menu, MenuChoice, MenuHeading } from "@/components/ui/Menu";
import { QUALITIES, QUALITY_WORDS, type Quality } from "../quality";
import { SIZES, SIZE_SHORT, SIZE_WORDS, type Size } from "../settings";
import { BarButton } from "./BarButton";

interface PictureMenuProps<T> {
  value: T;
  side: "top" | "bottom";
  onChange: (value: T) => void;
  onOpenChange: (open: boolean) => void;
}

export function SizeMenu({ value, side, onChange, onOpenChange }: PictureMenuProps<Size>) {
  return (
    <Menu
      dark
      align="center"
      side={side}
      onOpenChange={onOpenChange}
      trigger={<BarButton icon="fit" word={SIZE_SHORT[value]} aria-label={`Picture size: ${SIZE_WORDS[value].long}`} />}
    >
      <MenuHeading>Picture size</MenuHeading>
      <MenuChoice
        label="Picture size"
        value={value}
        onChange={onChange}
        options={SIZES.map((size) => ({ value: size, label: SIZE_WORDS[size].word }))}
      />
      <MenuHeading>{SIZE_WORDS[value].hint}</MenuHeading>
    </Menu>
  );
}

export function QualityMenu({ value, side, onChange, onOpenChange }: PictureMenuProps<Quality>) {
  return (
    <Menu
      dark
      align="center"
      side={side}
      onOpenChange={onOpenChange}
      trigger={
        <BarButton
          icon="gauge"
          word={QUALITY_WORDS[value].word}
          secondary
          aria-label={`Picture quality: ${QUALITY_WORDS[value].long}`}
        />
      }
    >
      <MenuHeading>Picture quality</MenuHeading>
      <MenuChoice
        label="Picture quality"
        value={value}
        onChange={onChange}
        options={QUALITIES.map((quality) => ({ value: quality, label: QUALITY_WORDS[quality].word }))}
      />
      <MenuHeading>{QUALITY_WORDS[value].hint}</MenuHeading>
    </Menu>
  );
}
