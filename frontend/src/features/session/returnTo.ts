// Where somebody goes back to after signing in, and what that place is called.
const NAME = "berth.return.name";

/** Only a path of ours: never another site, never the sign-in page itself. */
export function safeReturn(path: string | null): string {
  if (!path?.startsWith("/") || path.startsWith("//") || path.includes("\\") || path.startsWith("/sign-in")) return "/";
  return path;
}

export function rememberReturnName(path: string, title: string): void {
  try {
    sessionStorage.setItem(NAME, JSON.stringify({ path, name: title.replace(/ · Berth$/, "") }));
  } catch {
    // Without storage the page says where without its name.
  }
}

export function returnName(path: string): string | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(NAME) ?? "null") as { path: string; name: string } | null;
    return kept?.path === path && kept.name !== "Berth" ? kept.name : null;
  } catch {
    return null;
  }
}
