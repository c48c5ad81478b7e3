// One's own account: who one is, the password, the second step, where one is signed in, and tokens for programs.
import facts from "@/components/ui/Facts.module.css";
import { shownName, useAbout, useMe } from "@/features/session/api";
import { ROLE } from "@/features/users/words";
import { useTitle } from "@/lib/useTitle";
import styles from "./AccountPage.module.css";
import { Part } from "./components/Part";
import { PasswordPart } from "./components/PasswordPart";
import { SessionsPart } from "./components/SessionsPart";
import { TokensPart } from "./components/TokensPart";
import { TwoFactorPart } from "./components/TwoFactorPart";

export function AccountPage() {
  useTitle("Your account");
  const me = useMe();
  const about = useAbout();
  // Without passwords there is none to change, and the second step is the provider's.
  const passwords = about.data?.sign_in.includes("password") ?? true;
  return (
    <div className={styles.page}>
      <h1>Your account</h1>
      <Part title="You" text="An administrator can change these.">
        <dl className={facts.facts}>
          <dt>Name</dt>
          <dd>{shownName(me)}</dd>
          <dt>Sign-in</dt>
          <dd>{me.username}</dd>
          <dt>Role</dt>
          <dd>{ROLE[me.role].word}</dd>
        </dl>
      </Part>
      {passwords && (
        <>
          <PasswordPart />
          <TwoFactorPart />
        </>
      )}
      <SessionsPart />
      <TokensPart />
    </div>
  );
}
