// How a template is shown: its icon, its size, how long its start usually takes.
import type { IconName } from "@/components/ui/Icon";
import type { Template } from "@/lib/api";
import { cpus, memory } from "@/lib/figures";
import { roundLength } from "@/lib/time/words";
import { sentence } from "./reasons";

/** The names that templates may use, and the drawing of each. */
const ICONS: Record<string, IconName> = {
  terminal: "term",
  desktop: "desk",
  notebook: "book",
  drawing: "brush",
  code: "code",
};

/** The same for whoever chooses one. */
export const TEMPLATE_ICONS: { name: string; word: string }[] = [
  { name: "desktop", word: "Desktop" },
  { name: "terminal", word: "Terminal" },
  { name: "notebook", word: "Notebook" },
  { name: "drawing", word: "Drawing" },
  { name: "code", word: "Code" },
];

export function templateIcon(template: Pick<Template, "icon"> | undefined): IconName {
  return (template && ICONS[template.icon]) ?? "desk";
}

export function templateSize({ cpus: n, memory_mib }: Template): string {
  return `${cpus(n)} · ${memory(memory_mib)}`;
}

export function usually(
  { typical_start_ms }: Template,
  words: "Usually" | "usually" | "Usually ready in" | "usually ready in",
): string {
  return typical_start_ms === null ? "" : `${words} ${roundLength(typical_start_ms)}`;
}

export function whyNotReady({ reason }: Template): string {
  return reason ? `Not available now: ${lower(sentence(reason.text))}` : "Not available now.";
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** "XFCE desktop", or "XFCE desktop 2" when that name is taken. */
export function suggestedName(template: Template, taken: ReadonlySet<string>): string {
  if (!taken.has(template.name)) return template.name;
  let n = 2;
  while (taken.has(`${template.name} ${n}`)) n += 1;
  return `${template.name} ${n}`;
}

export function chosenTemplate(templates: readonly Template[], id: string | null): Template | undefined {
  const ready = templates.filter((template) => template.ready);
  return ready.find((template) => template.id === id) ?? ready.find((template) => template.default) ?? ready[0];
}
