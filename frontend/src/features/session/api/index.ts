// Signing in and out, and who is signed in.
export { initials, letters, meQuery, shownName, useMe } from "./useMe";
export { useAbout } from "./useAbout";
export { useChangePassword } from "./useChangePassword";
export { useAcceptInvite, useInviteFor } from "./useInvite";
export { useLogin } from "./useLogin";
export { useLogout } from "./useLogout";
