// Waiting outside the page: for a process, the engine, a file. Inside the page Playwright's own expectations wait.
import { setTimeout as sleep } from "node:timers/promises";

/** Asks until the answer is neither undefined, null nor false. */
export async function until<T>(what: string, ask: () => Promise<T>, limitMs = 15_000, everyMs = 100): Promise<T> {
  const end = Date.now() + limitMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== null && answer !== false) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${limitMs} ms (last: ${String(last)})`);
    await sleep(everyMs);
  }
}
