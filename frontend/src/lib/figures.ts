// Sizes and counts as the interface guide writes them: `256 MB`, `½ CPU`, `1,284`.
const number = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });

export function memory(mib: number): string {
  return mib < 1024 ? `${number.format(mib)} MB` : `${number.format(mib / 1024)} GB`;
}

const PARTS = new Map([
  [0.25, "¼"],
  [0.5, "½"],
  [0.75, "¾"],
]);

export function cpus(n: number): string {
  const words = PARTS.get(n) ?? number.format(n);
  return `${words} ${n <= 1 ? "CPU" : "CPUs"}`;
}

export function figure(n: number): string {
  return number.format(n);
}

/** "1 desktop", "5 desktops". */
export function many(n: number, one: string, more = `${one}s`): string {
  return `${figure(n)} ${n === 1 ? one : more}`;
}
