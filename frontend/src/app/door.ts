// The two pages for who is not signed in yet, as one part: they have most in common.
export { InviteRoute } from "./InviteRoute";
export { SignInRoute } from "./SignInRoute";
