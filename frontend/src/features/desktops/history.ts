// The days of a desktop's history.
const format = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });

export function dayOf(ms: number): string {
  return format.format(ms);
}
