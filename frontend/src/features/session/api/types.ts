// The api's shapes of invites, until the generated file names them.
export interface InviteFor {
  username: string;
  display_name: string;
  expires_at: string;
}

export interface AcceptInvite {
  token: string;
  password: string;
  /** Where a second step is on. */
  code?: string;
}
