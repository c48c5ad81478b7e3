// The rows of a list or a table, as the keyboard walks them.
export function rowElements(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("[data-row]")];
}

export function focusRow(row: HTMLElement | undefined): void {
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
}
