// The log-in's life in this browser: who is told when it ends, and the one refresh at a time over all tabs.
// The cookies are HttpOnly; all the page keeps is when they must be refreshed, in local storage for every tab.
import { errorFrom, networkError } from "./problem";
import type { LoginResponse } from "./types";

const EXPIRES = "berth.session.expires_at";
/** Set when this browser signs out: the other tabs see it change. */
const ENDED = "berth.session.ended_at";
const LOCK = "berth.session.refresh";
/** How long before the end a visible page refreshes. */
const EARLY_MS = 60_000;
/** A refresh this fresh, by whichever tab, answers for everyone who was waiting for the lock. */
const FRESH_MS = 5_000;

const listeners = new Set<() => void>();
let lastRefreshAt = 0;

/** Called when a call found nobody signed in and a refresh did not help, or when another tab signed out. */
export function onSessionEnded(listener: () => void): () => void {
  const elsewhere = (event: StorageEvent) => event.key === ENDED && listener();
  listeners.add(listener);
  window.addEventListener("storage", elsewhere);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", elsewhere);
  };
}

/** Whether this browser was signed in when it last looked. */
export function wasSignedIn(): boolean {
  return remembered() !== null;
}

export function sessionEnded(): void {
  rememberExpiry(null);
  for (const listener of listeners) listener();
}

export function rememberExpiry(expiresAt: string | null): void {
  try {
    if (expiresAt) localStorage.setItem(EXPIRES, JSON.stringify({ expiresAt, at: Date.now() }));
    else {
      localStorage.removeItem(EXPIRES);
      localStorage.setItem(ENDED, String(Date.now()));
    }
  } catch {
    // Storage is closed to us: the refresh then happens on a 401 only.
  }
}

function remembered(): { expiresAt: string; at: number } | null {
  try {
    const text = localStorage.getItem(EXPIRES);
    return text ? (JSON.parse(text) as { expiresAt: string; at: number }) : null;
  } catch {
    return null;
  }
}

/** Refreshes the log-in. Throws an ApiError; status 401 means it has ended. */
export async function refreshSession(): Promise<void> {
  const askedAt = Date.now();
  await exclusively(async () => {
    const newest = Math.max(lastRefreshAt, remembered()?.at ?? 0);
    if (newest > askedAt || askedAt - newest < FRESH_MS) return;
    const response = await fetch("/api/v1/auth/refresh", { method: "POST", credentials: "same-origin" }).catch(() => {
      throw networkError();
    });
    if (!response.ok) throw await errorFrom(response);
    const { expires_at } = (await response.json()) as LoginResponse;
    lastRefreshAt = Date.now();
    rememberExpiry(expires_at);
  });
}

let inThisTab: Promise<void> | null = null;

function exclusively(work: () => Promise<void>): Promise<void> {
  inThisTab ??= ("locks" in navigator ? navigator.locks.request(LOCK, work) : work()).finally(() => {
    inThisTab = null;
  });
  return inThisTab;
}

/** Keeps the log-in fresh while the page is visible. Returns what ends it. */
export function keepSessionFresh(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const plan = () => {
    clearTimeout(timer);
    const known = remembered();
    if (!known || document.visibilityState !== "visible") return;
    const inMs = Math.max(0, Date.parse(known.expiresAt) - EARLY_MS - Date.now());
    timer = setTimeout(() => {
      // A failure here is met again by the next call, which knows what to say.
      refreshSession().then(plan, () => undefined);
    }, inMs);
  };
  plan();
  document.addEventListener("visibilitychange", plan);
  window.addEventListener("storage", plan);
  return () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", plan);
    window.removeEventListener("storage", plan);
  };
}
