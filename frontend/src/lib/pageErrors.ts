// Errors of the page, told to the server: it counts them, logs them and passes them on where errors are reported. Nothing that
// was typed is in them; the same one is told once, and no more than a few.
import { call } from "@/lib/api";

const MOST = 5;
const told = new Set<string>();

export function reportPageError(error: unknown): void {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  if (told.size >= MOST || told.has(message)) return;
  told.add(message);
  const stack = error instanceof Error ? error.stack : undefined;
  const body = { message: message.slice(0, 500), stack: stack?.slice(0, 4_000), page: place(location.pathname) };
  // Whoever is not signed in, or not connected, is not heard; that is no error worth telling.
  call("POST", "/page-errors", { body, refresh: false }).catch(() => undefined);
}

/** The address without what names a thing or an invitation. */
export function place(path: string): string {
  return path
    .split("/")
    .map((part) => (/^[a-z][a-z-]*$/.test(part) || part === "" ? part : ":id"))
    .join("/");
}

export function watchPageErrors(): void {
  addEventListener("error", ({ error, message }) => reportPageError(error ?? message));
  addEventListener("unhandledrejection", ({ reason }) => {
    // What the server refused or did not answer is shown where it was asked, and is no fault of the page.
    if (!(reason instanceof Error) || !["ApiError", "AbortError"].includes(reason.name)) reportPageError(reason);
  });
}
