// The server's clock, seen from here. A computer that is minutes off would otherwise show starts that began in the
// future. The `Date` of answers has whole seconds, so small differences are taken as none.
const TOLERATED_MS = 2_000;

let offsetMs = 0;

/** Reads the difference off an answer. */
export function noticeServerTime(header: string | null, receivedAt = Date.now()): void {
  const at = header ? Date.parse(header) : NaN;
  if (Number.isNaN(at)) return;
  const difference = at + 500 - receivedAt;
  offsetMs = Math.abs(difference) < TOLERATED_MS ? 0 : difference;
}

/** A moment of this computer's clock, as the server counts it. */
export function asServerTime(ms: number): number {
  return ms + offsetMs;
}

export function serverNow(): number {
  return Date.now() + offsetMs;
}
