// The api's shapes of people and groups, until the generated file names them.
import type { DesktopLimit, Role, StartWindow } from "@/lib/api";

export type LimitName = "max_desktops" | "start_limits" | "max_streams";

/** Null in a field: as the group or, without one, the installation has it. */
export interface OwnLimits {
  max_desktops: number | null;
  /** "5/minute,50/hour". */
  start_limits: string | null;
  max_streams: number | null;
}

export type LimitSource = "own" | "group" | "default";

export interface AdminUser {
  id: string;
  username: string;
  display_name: string;
  role: Role;
  disabled: boolean;
  created_at: string;
  last_seen_at: string | null;
  desktops: DesktopLimit;
  starts: StartWindow[];
  /** Windows with a desktop. Not in the first plan of the api: an older one leaves it out. */
  streams?: DesktopLimit;
  limits: OwnLimits | null;
  limits_from: Record<LimitName, LimitSource>;
  group: { id: string; name: string } | null;
  /** "password" or "oidc:<provider>". */
  sign_in: string[];
  two_factor: boolean;
  /** An invite is out and not accepted yet. */
  invited: boolean;
  /** Its desktops are being deleted; the row goes with the last one. */
  deleting: boolean;
}

export interface CreateUser {
  username: string;
  role: Role;
  display_name?: string | null;
  password?: string;
  group?: string | null;
}

export interface PatchUser {
  display_name?: string | null;
  role?: Role;
  group?: string | null;
  disabled?: boolean;
  password?: string;
  limits?: OwnLimits | null;
}

/** What becomes of the desktops. */
export type DeleteUser = { desktops: "delete" } | { desktops: "give"; to: string };

export interface Invite {
  url: string;
  expires_at: string;
}

export interface Group {
  id: string;
  name: string;
  description: string;
  limits: OwnLimits | null;
  members: number;
  /** Ids of the templates it may use besides those for everyone. */
  templates: string[];
}

export interface GroupBody {
  name: string;
  description: string;
  limits: OwnLimits | null;
  templates: string[];
}
