// The api's shapes of the audit log, until the generated file names them.
export const AUDIT_ACTIONS = [
  "sign_in",
  "sign_in.refused",
  "sign_out",
  "session.end",
  "password.change",
  "user.create",
  "user.change",
  "user.disable",
  "user.enable",
  "user.delete",
  "user.invite",
  "user.sign_out",
  "role.change",
  "group.create",
  "group.change",
  "group.delete",
  "token.create",
  "token.delete",
  "template.create",
  "template.change",
  "template.delete",
  "template.order",
  "template.pull",
  "registry.change",
  "registry.delete",
  "desktop.start",
  "desktop.stop",
  "desktop.delete",
  "desktop.rename",
  "desktop.open",
  "desktop.give",
  "start.refused",
  "job.retry",
  "job.cancel",
  "queue.pause",
  "queue.resume",
  "drift.adopt",
  "drift.remove",
  "drift.forget",
  "database.restore",
  "database.move",
  "two_factor.on",
  "two_factor.off",
  "oidc.link",
  "access.refused",
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];
export type AuditResult = "ok" | "refused" | "failed";

export interface AuditTarget {
  kind: string;
  id: string;
  name: string;
}

export interface AuditEntry {
  id: string;
  at: string;
  /** The username, or the one that was tried. */
  actor: string;
  /** One of the actions above; a newer server may know more. */
  action: string;
  target: AuditTarget | null;
  address: string | null;
  result: AuditResult;
  /** One short sentence, or nothing. */
  detail: string;
  request_id: string | null;
}

/** As the address has it. */
export interface AuditFilter {
  actor?: string;
  action?: string;
  target?: string;
  result?: string;
  q?: string;
  since?: string;
  until?: string;
}
