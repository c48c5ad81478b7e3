// Keys as the desktop understands them (X keysyms), the combinations a browser keeps for itself, and text as keys.

interface Key {
  keysym: number;
  /** The physical key (KeyboardEvent.code); the server then follows its own layout. */
  code: string | null;
}

export type Sender = (keysym: number, code: string | null, down?: boolean) => void;

export const KEY = {
  control: { keysym: 0xffe3, code: "ControlLeft" },
  alt: { keysym: 0xffe9, code: "AltLeft" },
  super: { keysym: 0xffeb, code: "MetaLeft" },
  delete: { keysym: 0xffff, code: "Delete" },
  tab: { keysym: 0xff09, code: "Tab" },
  escape: { keysym: 0xff1b, code: "Escape" },
  backspace: { keysym: 0xff08, code: "Backspace" },
  enter: { keysym: 0xff0d, code: "Enter" },
  v: { keysym: 0x76, code: "KeyV" },
} as const satisfies Record<string, Key>;

function functionKey(n: number): Key {
  return { keysym: 0xffbd + n, code: `F${n}` };
}

export interface Combination {
  name: string;
  hint?: string;
  keys: readonly Key[];
}

/** In the order of the menu. */
export const COMBINATIONS: readonly Combination[] = [
  { name: "Ctrl+Alt+Del", keys: [KEY.control, KEY.alt, KEY.delete] },
  { name: "Alt+Tab", hint: "Next window", keys: [KEY.alt, KEY.tab] },
  { name: "Super", hint: "Desktop’s menu", keys: [KEY.super] },
  { name: "Esc", keys: [KEY.escape] },
];

/** Ctrl+Alt+F1 to F12, kept apart: they are many and rarely wanted. */
export const CONSOLES: readonly Combination[] = Array.from({ length: 12 }, (_, index) => ({
  name: `Ctrl+Alt+F${index + 1}`,
  keys: [KEY.control, KEY.alt, functionKey(index + 1)],
}));

/** Down in order, up in reverse, as fingers do. */
export function press(send: Sender, keys: readonly Key[]): void {
  for (const { keysym, code } of keys) send(keysym, code, true);
  for (const { keysym, code } of [...keys].reverse()) send(keysym, code, false);
}

/** The key that types this character: Latin-1 as it is, the rest in the Unicode range. */
export function keysymOf(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  if (character === "\n" || character === "\r") return KEY.enter.keysym;
  if (character === "\t") return KEY.tab.keysym;
  return (point >= 0x20 && point <= 0x7e) || (point >= 0xa0 && point <= 0xff) ? point : 0x0100_0000 | point;
}

/** Types text key by key, for programs that do not paste. */
export function typeText(send: Sender, text: string): void {
  for (const character of text.replaceAll("\r\n", "\n")) send(keysymOf(character), null);
}

/** What an on-screen keyboard did to a field: how much it took away at the end, and what it added. */
export function typed(before: string, after: string): { removed: number; added: string } {
  const was = [...before];
  const is = [...after];
  let same = 0;
  while (same < was.length && same < is.length && was[same] === is[same]) same += 1;
  return { removed: was.length - same, added: is.slice(same).join("") };
}
