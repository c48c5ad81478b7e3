// A part of the page that cannot be fetched: the network changed in that moment, or the server was updated and has other
// files now. Loading the page again heals both; once a minute, so that what is really gone ends in words.
const KEY = "berth.reloaded_at";
const AGAIN_MS = 60_000;

export function reloadOnMissingPart(): void {
  window.addEventListener("vite:preloadError", (event) => {
    try {
      if (Date.now() - Number(sessionStorage.getItem(KEY)) < AGAIN_MS) return;
      sessionStorage.setItem(KEY, String(Date.now()));
    } catch {
      // Without storage nothing counts the tries: the page says that a part is missing.
      return;
    }
    event.preventDefault();
    location.reload();
  });
}
