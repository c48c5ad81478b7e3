// Where an invite link leads: whom it is for, and the password they choose. That signs them in; who has a second step is
// asked for it first.
import { useRef, useState, type FormEvent } from "react";
import { Banner } from "@/components/ui/Banner";
import { Button, ButtonLink } from "@/components/ui/Button";
import { PasswordField } from "@/components/ui/PasswordField";
import { isApiError, said, saidOf } from "@/lib/api";
import { paths } from "@/lib/router";
import { exact } from "@/lib/time/words";
import { useTitle } from "@/lib/useTitle";
import { useAcceptInvite, useInviteFor } from "../api";
import type { AcceptInvite, InviteFor } from "../api/types";
import { isSecond } from "../second";
import { CodeForm } from "./CodeForm";
import { SignInFrame } from "./SignInFrame";
import styles from "./SignInPage.module.css";

interface InvitePageProps {
  token: string;
  onSignedIn: () => void;
}

export function InvitePage({ token, onSignedIn }: InvitePageProps) {
  useTitle("Welcome");
  const invite = useInviteFor(token);
  const invalid = token === "" || (isApiError(invite.error) && invite.error.status < 500 && !invite.error.unreachable);
  return (
    <SignInFrame>
      {invite.data ? (
        <AcceptForm token={token} invite={invite.data} onSignedIn={onSignedIn} />
      ) : invalid ? (
        <Invalid />
      ) : (
        <div className={styles.form}>
          <h1>Welcome</h1>
          {invite.error && (
            <>
              <Banner tone="bad" icon="warn" inForm>
                <b>Your invite could not be looked up.</b> {said(invite.error)}
              </Banner>
              <Button size="wide" icon="retry" busy={invite.isFetching} onClick={() => void invite.refetch()}>
                Try again
              </Button>
            </>
          )}
        </div>
      )}
    </SignInFrame>
  );
}

function Invalid() {
  return (
    <div className={styles.form}>
      <h1>This invite is not good any more</h1>
      <p className={styles.say}>
        It was used, has run out, or a newer one took its place. Ask your administrator for another one. If you have a
        password already, sign in with it.
      </p>
      <ButtonLink to={paths.signIn} variant="primary" size="wide">
        Sign in
      </ButtonLink>
    </div>
  );
}

interface AcceptFormProps extends InvitePageProps {
  invite: InviteFor;
}

function AcceptForm({ token, invite, onSignedIn }: AcceptFormProps) {
  const accept = useAcceptInvite();
  const field = useRef<HTMLInputElement>(null);
  const [empty, setEmpty] = useState(false);
  const [chosen, setChosen] = useState<string | null>(null);
  if (isApiError(accept.error) && accept.error.code === "invite_invalid") return <Invalid />;
  const refused = saidOf(accept.error, "password");

  function send(body: AcceptInvite) {
    accept.mutate(body, {
      onSuccess: onSignedIn,
      onError: (error) => setChosen(isSecond(error) ? body.password : null),
    });
  }

  if (chosen !== null)
    return (
      <CodeForm
        username={invite.username}
        news={null}
        busy={accept.isPending}
        waits={false}
        button="Set it and sign in"
        wrong={isApiError(accept.error) && accept.error.code === "two_factor_wrong"}
        onCode={(code) => send({ token, password: chosen, code })}
        onBack={() => {
          setChosen(null);
          accept.reset();
        }}
      />
    );

  function submit(event: FormEvent) {
    event.preventDefault();
    const password = field.current?.value ?? "";
    setEmpty(!password);
    if (!password) return field.current?.focus();
    send({ token, password });
  }

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <div>
        <h1>Welcome, {invite.display_name.trim() || invite.username}</h1>
        <p className={styles.where}>
          Choose a password for {location.host}. The invite is good until {exact(Date.parse(invite.expires_at))}.
        </p>
      </div>
      {accept.error && !refused && (
        <Banner tone="bad" icon="warn" inForm>
          <b>Your password was not set.</b> {said(accept.error)}
        </Banner>
      )}
      <p className={styles.say}>
        Your user name is <b>{invite.username}</b>.
      </p>
      <input className="sr" tabIndex={-1} aria-hidden autoComplete="username" readOnly value={invite.username} />
      <PasswordField
        ref={field}
        id="invite-password"
        label="Password"
        autoComplete="new-password"
        hint="At least 10 letters, and none of those that everybody uses."
        large
        error={empty ? "Type a password." : refused}
      />
      <Button type="submit" variant="primary" size="wide" busy={accept.isPending}>
        Set it and sign in
      </Button>
    </form>
  );
}
