// A field nobody sees. Focus in it brings up the on-screen keyboard; what is typed there goes on as keys. Such
// keyboards often say what changed in the field and not which key it was, so the field's text is compared.
import { useRef, type KeyboardEvent, type Ref } from "react";
import { KEY, press, typed, typeText, type Sender } from "../keys";
import styles from "./TouchKeyboard.module.css";

/** Something to take away, or the on-screen backspace would do nothing. */
const FILLING = "\u00a0".repeat(40);

const NAMED: Record<string, { keysym: number; code: string }> = {
  Enter: KEY.enter,
  Tab: KEY.tab,
  Escape: KEY.escape,
  ArrowLeft: { keysym: 0xff51, code: "ArrowLeft" },
  ArrowUp: { keysym: 0xff52, code: "ArrowUp" },
  ArrowRight: { keysym: 0xff53, code: "ArrowRight" },
  ArrowDown: { keysym: 0xff54, code: "ArrowDown" },
};

interface TouchKeyboardProps {
  ref: Ref<HTMLTextAreaElement>;
  send: Sender;
}

export function TouchKeyboard({ ref, send }: TouchKeyboardProps) {
  const before = useRef(FILLING);

  const refill = (field: HTMLTextAreaElement) => {
    field.value = FILLING;
    before.current = FILLING;
    field.setSelectionRange(FILLING.length, FILLING.length);
  };

  const onInput = (field: HTMLTextAreaElement, composing: boolean) => {
    const { removed, added } = typed(before.current, field.value);
    for (let n = 0; n < removed; n += 1) press(send, [KEY.backspace]);
    typeText(send, added);
    before.current = field.value;
    // A word that is still being put together must be left alone.
    if (!composing && (field.value.length < 10 || field.value.length > 200)) refill(field);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const named = NAMED[event.key];
    if (!named || event.nativeEvent.isComposing) return;
    event.preventDefault();
    press(send, [named]);
    refill(event.currentTarget);
  };

  return (
    <textarea
      ref={ref}
      className={styles.field}
      aria-label="Type to the desktop"
      data-testid="touch-keyboard"
      tabIndex={-1}
      defaultValue={FILLING}
      autoCapitalize="off"
      autoComplete="off"
      autoCorrect="off"
      spellCheck={false}
      onFocus={(event) => refill(event.currentTarget)}
      onInput={(event) => onInput(event.currentTarget, event.nativeEvent.isComposing)}
      onKeyDown={onKeyDown}
    />
  );
}
