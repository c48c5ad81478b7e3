// Signing in by a provider: where that begins, and what its errors mean. Pure.
import { BASE } from "@/lib/api";
import { withSearch } from "@/lib/router";

export function startAddress(providerId: string, returnTo: string): string {
  return withSearch(`${BASE}/auth/oidc/${encodeURIComponent(providerId)}/start`, { return_to: returnTo });
}

interface Words {
  lead: string;
  text: string;
}

/** The codes with which the api sends somebody back to the sign-in page. */
const ERRORS: Record<string, Words> = {
  oidc_expired: { lead: "That took too long.", text: "Try again." },
  oidc_refused: { lead: "The sign-in was cancelled there.", text: "Try again when you want to." },
  oidc_down: { lead: "The sign-in service does not answer.", text: "Try again in a moment." },
  oidc_not_allowed: { lead: "You may not use Berth with that account.", text: "Ask your administrator." },
  oidc_username_taken: {
    lead: "Somebody here has that user name already.",
    text: "Your administrator can link the two, or give you another name.",
  },
  oidc_failed: { lead: "Signing in did not work.", text: "Try again, or ask your administrator." },
};

export function errorWords(code: string): Words {
  return Object.hasOwn(ERRORS, code) ? ERRORS[code]! : ERRORS.oidc_failed!;
}
