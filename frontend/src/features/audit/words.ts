// What happened, in words. Complete maps over each action and result; an action that only a newer server knows is shown
// as it is. Pure.
import type { IconName } from "@/components/ui/Icon";
import type { Tone } from "@/components/ui/StatusPill";
import type { AuditAction, AuditEntry, AuditResult } from "@/lib/api";

interface Words {
  /** In the list of actions. */
  word: string;
  /** After who did it, before the thing: "started", "was refused a start". */
  did: string;
  /** What the thing is called before its name; null: its name says it. */
  thing: string | null;
}

export const ACTION: Record<AuditAction, Words> = {
  sign_in: { word: "Signed in", did: "signed in", thing: null },
  "sign_in.refused": { word: "Sign-in refused", did: "was not let in", thing: null },
  sign_out: { word: "Signed out", did: "signed out", thing: null },
  "session.end": { word: "Session ended", did: "ended a session of", thing: null },
  "password.change": { word: "Password changed", did: "changed the password of", thing: null },
  "user.create": { word: "User added", did: "added", thing: "user" },
  "user.change": { word: "User changed", did: "changed", thing: "user" },
  "user.disable": { word: "User switched off", did: "switched off", thing: "user" },
  "user.enable": { word: "User switched on", did: "switched on", thing: "user" },
  "user.delete": { word: "User deleted", did: "deleted", thing: "user" },
  "user.invite": { word: "Invite made", did: "made an invite link for", thing: null },
  "user.sign_out": { word: "User signed out", did: "signed out everywhere", thing: null },
  "role.change": { word: "Role changed", did: "changed the role of", thing: null },
  "group.create": { word: "Group added", did: "added", thing: "group" },
  "group.change": { word: "Group changed", did: "changed", thing: "group" },
  "group.delete": { word: "Group deleted", did: "deleted", thing: "group" },
  "token.create": { word: "Token made", did: "made", thing: "token" },
  "token.delete": { word: "Token deleted", did: "deleted", thing: "token" },
  "template.create": { word: "Template added", did: "added", thing: "template" },
  "template.change": { word: "Template changed", did: "changed", thing: "template" },
  "template.delete": { word: "Template deleted", did: "deleted", thing: "template" },
  "template.order": { word: "Templates ordered", did: "put the templates in another order", thing: null },
  "template.pull": { word: "Image pulled", did: "asked for the image of", thing: "template" },
  "registry.change": { word: "Registry set", did: "set the sign-in for", thing: "registry" },
  "registry.delete": { word: "Registry deleted", did: "deleted the sign-in for", thing: "registry" },
  "desktop.start": { word: "Desktop started", did: "started", thing: "desktop" },
  "desktop.stop": { word: "Desktop stopped", did: "stopped", thing: "desktop" },
  "desktop.delete": { word: "Desktop deleted", did: "deleted", thing: "desktop" },
  "desktop.rename": { word: "Desktop renamed", did: "renamed", thing: "desktop" },
  "desktop.open": { word: "Another’s desktop opened", did: "opened another’s", thing: "desktop" },
  "desktop.give": { word: "Desktop given away", did: "gave away", thing: "desktop" },
  "start.refused": { word: "Start refused", did: "was refused a start of", thing: null },
  "job.retry": { word: "Job retried", did: "retried", thing: "job" },
  "job.cancel": { word: "Job cancelled", did: "cancelled", thing: "job" },
  "queue.pause": { word: "Queue paused", did: "paused the queue", thing: null },
  "queue.resume": { word: "Queue resumed", did: "resumed the queue", thing: null },
  "drift.adopt": { word: "Difference adopted", did: "adopted", thing: null },
  "drift.remove": { word: "Difference removed", did: "removed", thing: null },
  "drift.forget": { word: "Difference forgotten", did: "forgot", thing: null },
  "database.restore": { word: "Database restored", did: "restored the database", thing: null },
  "database.move": { word: "Database moved", did: "moved the database", thing: null },
  "two_factor.on": { word: "Second step on", did: "switched on the second step for", thing: null },
  "two_factor.off": { word: "Second step off", did: "switched off the second step for", thing: null },
  "oidc.link": { word: "Sign-in linked", did: "linked another sign-in to", thing: null },
  "access.refused": { word: "Call refused", did: "was refused the call", thing: null },
};

export const ACTIONS = (Object.keys(ACTION) as AuditAction[])
  .map((value) => ({ value, word: ACTION[value].word }))
  .sort((a, b) => (a.word < b.word ? -1 : 1));

export const RESULT: Record<AuditResult, { word: string; tone: Tone; icon: IconName }> = {
  ok: { word: "Done", tone: "ok", icon: "check" },
  refused: { word: "Refused", tone: "warn", icon: "x" },
  failed: { word: "Failed", tone: "bad", icon: "warn" },
};

export const RESULTS = (Object.keys(RESULT) as AuditResult[]).map((value) => ({ value, word: RESULT[value].word }));

const SELF: ReadonlySet<string> = new Set(["sign_in", "sign_in.refused", "sign_out"]);

/** "started", and "desktop Course week 3". The person themselves is not named twice. */
export function sentence({ action, actor, target }: AuditEntry): { did: string; thing: string } {
  const words = Object.hasOwn(ACTION, action) ? ACTION[action] : null;
  if (!words) return { did: action, thing: target?.name ?? "" };
  if (target?.kind === "user" && (target.name === actor || SELF.has(action))) {
    const named = words.thing !== null || / (of|for|to)$/.test(words.did);
    return { did: words.did, thing: named ? "their own account" : "" };
  }
  // What was refused was not made: only the call is known, and its address says no more than the words.
  if (action === "start.refused" && target?.kind === "call") return { did: "was refused a start", thing: "" };
  const name = target?.name ?? "";
  return { did: words.did, thing: words.thing && name ? `${words.thing} ${name}` : name };
}

/** Who did it, or whose name was tried. */
export function actorWord({ actor }: Pick<AuditEntry, "actor">): string {
  return actor || "Somebody";
}
