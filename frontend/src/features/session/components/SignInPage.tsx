// The sign-in page: a name, a password, one button. The error never says which of the two was wrong.
import { useRef, useState, type FormEvent } from "react";
import { Banner } from "@/components/ui/Banner";
import { Button } from "@/components/ui/Button";
import { Field } from "@/components/ui/Field";
import { PasswordField } from "@/components/ui/PasswordField";
import { isApiError } from "@/lib/api";
import { serverNow } from "@/lib/time/clock";
import { countdown } from "@/lib/time/words";
import { useSecondsLeft } from "@/lib/time/useSecondsLeft";
import { useTitle } from "@/lib/useTitle";
import { useLogin } from "../api";
import { useServerDown } from "../useServerDown";
import { Quay } from "./Quay";
import styles from "./SignInPage.module.css";

interface SignInPageProps {
  /** Where the person is taken afterwards, when they did not come here by themselves. */
  returnName: string | null;
  /** The log-in ran out or was ended while they were at work. */
  ended: boolean;
  onSignedIn: () => void;
}

const PAUSE_SECONDS = 60;

export function SignInPage({ returnName, ended, onSignedIn }: SignInPageProps) {
  useTitle("Sign in");
  const login = useLogin();
  const server = useServerDown();
  const [limitedUntil, setLimitedUntil] = useState<number | null>(null);
  const left = useSecondsLeft(limitedUntil);
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const wrong = isApiError(login.error) && (login.error.status === 401 || login.error.status === 422);
  const refused = login.error !== null && !wrong && !server.down && !isLimited(login.error);

  function submit(event: FormEvent) {
    event.preventDefault();
    const username = name.current?.value.trim() ?? "";
    if (!username) return name.current?.focus();
    if (!password.current?.value) return password.current?.focus();
    login.mutate(
      { username, password: password.current.value },
      {
        onSuccess: onSignedIn,
        onError: (error) => {
          if (isLimited(error))
            setLimitedUntil(serverNow() + ((isApiError(error) && error.retryAfterSeconds) || PAUSE_SECONDS) * 1000);
          else if (isApiError(error) && (error.unreachable || error.status >= 500)) server.setDown();
          else password.current?.select();
        },
      },
    );
  }

  const marked = wrong && left === null ? { "aria-invalid": true, "aria-describedby": "sign-in-wrong" } : {};
  return (
    <main className={styles.page} id="main">
      <Quay />
      <section className={styles.side}>
        <form className={styles.form} onSubmit={submit} noValidate>
          <div>
            <h1>Sign in</h1>
            <p className={styles.where}>{location.host}</p>
          </div>
          {server.down ? (
            <Banner tone="bad" icon="warn" inForm>
              <b>Berth does not answer.</b> Trying again in <span role="timer">{server.secondsLeft} s</span>. Desktops
              that are open keep working.
            </Banner>
          ) : left !== null ? (
            <Banner tone="warn" icon="clock" inForm>
              <b>Too many tries from here.</b> You can try again in <span role="timer">{countdown(left)}</span>. Your
              desktops keep running.
            </Banner>
          ) : wrong ? (
            <Banner tone="bad" icon="warn" inForm id="sign-in-wrong">
              <b>That name and password do not go together.</b> Check both and try again.
            </Banner>
          ) : refused ? (
            <Banner tone="bad" icon="warn" inForm>
              <b>Signing in did not work.</b> Try again, or ask your administrator.
            </Banner>
          ) : ended ? (
            <Banner tone="info" icon="info" inForm>
              <b>You were signed out.</b> {returnName && <>After you sign in you are back on “{returnName}”.</>}
            </Banner>
          ) : null}
          <Field
            ref={name}
            id="username"
            name="username"
            label="User name"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            large
            {...marked}
          />
          <PasswordField
            ref={password}
            id="password"
            name="password"
            label="Password"
            autoComplete="current-password"
            large
            {...marked}
          />
          <Button
            type="submit"
            variant="primary"
            size="wide"
            busy={login.isPending}
            disabled={left !== null || server.down}
          >
            {left !== null ? `Try again in ${countdown(left)}` : "Sign in"}
          </Button>
          <p className={styles.fine}>Forgotten? Your administrator can set a new password.</p>
        </form>
      </section>
    </main>
  );
}

function isLimited(error: Error): boolean {
  return isApiError(error) && error.status === 429;
}
