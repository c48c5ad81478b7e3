// The api's shapes of one's own account, until the generated file names them.
export type Scope = "read" | "desktops" | "admin";

export interface Token {
  id: string;
  name: string;
  scopes: Scope[];
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
}

export interface TokenList {
  items: Token[];
  next_cursor: string | null;
}

export interface CreateToken {
  name: string;
  scopes: Scope[];
  expires_in_days: number | null;
}

/** The one answer that has the token itself. */
export interface NewToken extends Token {
  token: string;
}

export interface TwoFactor {
  on: boolean;
  /** Recovery codes that were not used yet. */
  recovery_left: number;
}

export interface TwoFactorSecret {
  secret: string;
  /** otpauth://… */
  uri: string;
}

export interface RecoveryCodes {
  recovery_codes: string[];
}
