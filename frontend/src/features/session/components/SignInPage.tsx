// The sign-in page: a name, a password, one button, and the other ways in where there are any. Who has a second step is
// asked for it next, in the same place. The error never says which of name and password was wrong.
import { useRef, useState, type FormEvent, type ReactNode } from "react";
import { Banner } from "@/components/ui/Banner";
import { Button } from "@/components/ui/Button";
import { Field } from "@/components/ui/Field";
import { PasswordField } from "@/components/ui/PasswordField";
import { isApiError } from "@/lib/api";
import { serverNow } from "@/lib/time/clock";
import { countdown } from "@/lib/time/words";
import { useSecondsLeft } from "@/lib/time/useSecondsLeft";
import { useTitle } from "@/lib/useTitle";
import { useAbout, useLogin } from "../api";
import { errorWords } from "../oidc";
import { isSecond } from "../second";
import { useServerDown } from "../useServerDown";
import { CodeForm } from "./CodeForm";
import { Providers } from "./Providers";
import { SignInFrame } from "./SignInFrame";
import styles from "./SignInPage.module.css";

interface SignInPageProps {
  /** Where the person is taken afterwards. */
  returnTo?: string;
  /** What that place is called, when they did not come here by themselves. */
  returnName: string | null;
  /** The log-in ran out or was ended while they were at work. */
  ended: boolean;
  /** A provider sent them back with this. */
  error?: string | null;
  onSignedIn: () => void;
}

const PAUSE_SECONDS = 60;

export function SignInPage({ returnTo = "/", returnName, ended, error = null, onSignedIn }: SignInPageProps) {
  useTitle("Sign in");
  const login = useLogin();
  const about = useAbout();
  const server = useServerDown();
  const [limitedUntil, setLimitedUntil] = useState<number | null>(null);
  const [second, setSecond] = useState<{ username: string; password: string } | null>(null);
  const [typedName, setTypedName] = useState("");
  const left = useSecondsLeft(limitedUntil);
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const wrong =
    isApiError(login.error) && (login.error.status === 401 || login.error.status === 422) && !isSecond(login.error);
  const refused = login.error !== null && !wrong && !server.down && !isLimited(login.error) && !isSecond(login.error);
  const passwords = about.data?.sign_in.includes("password") ?? true;
  const providers = about.data?.providers ?? [];

  function send(body: { username: string; password: string; code?: string }) {
    login.mutate(body, {
      onSuccess: onSignedIn,
      onError: (error) => {
        if (isLimited(error))
          setLimitedUntil(serverNow() + ((isApiError(error) && error.retryAfterSeconds) || PAUSE_SECONDS) * 1000);
        else if (isApiError(error) && (error.unreachable || error.status >= 500)) server.setDown();
        else if (isSecond(error)) {
          setTypedName(body.username);
          setSecond({ username: body.username, password: body.password });
        }
        // The password was changed since it was asked for: from the beginning.
        else if (body.code !== undefined) setSecond(null);
        else password.current?.select();
      },
    });
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    const username = name.current?.value.trim() ?? "";
    if (!username) return name.current?.focus();
    if (!password.current?.value) return password.current?.focus();
    send({ username, password: password.current.value });
  }

  const news: ReactNode = server.down ? (
    <Banner tone="bad" icon="warn" inForm>
      <b>Berth does not answer.</b> Trying again in <span role="timer">{server.secondsLeft} s</span>. Desktops that are
      open keep working.
    </Banner>
  ) : left !== null ? (
    <Banner tone="warn" icon="clock" inForm>
      <b>Too many tries from here.</b> You can try again in <span role="timer">{countdown(left)}</span>. Your desktops
      keep running.
    </Banner>
  ) : null;
  const waits = left !== null || server.down;

  if (second)
    return (
      <SignInFrame>
        <CodeForm
          username={second.username}
          news={news}
          busy={login.isPending}
          waits={waits}
          button={left !== null ? `Try again in ${countdown(left)}` : "Sign in"}
          wrong={isApiError(login.error) && login.error.code === "two_factor_wrong"}
          onCode={(code) => send({ ...second, code })}
          onBack={() => {
            setSecond(null);
            login.reset();
          }}
        />
      </SignInFrame>
    );

  const marked = wrong && left === null ? { "aria-invalid": true, "aria-describedby": "sign-in-wrong" } : {};
  return (
    <SignInFrame>
      <form className={styles.form} onSubmit={submit} noValidate>
        <div>
          <h1>Sign in</h1>
          <p className={styles.where}>{location.host}</p>
        </div>
        {news ??
          (wrong ? (
            <Banner tone="bad" icon="warn" inForm id="sign-in-wrong">
              <b>That name and password do not go together.</b> Check both and try again.
            </Banner>
          ) : refused ? (
            <Banner tone="bad" icon="warn" inForm>
              <b>Signing in did not work.</b> Try again, or ask your administrator.
            </Banner>
          ) : error ? (
            <Banner tone="bad" icon="warn" inForm>
              <b>{errorWords(error).lead}</b> {errorWords(error).text}
            </Banner>
          ) : ended ? (
            <Banner tone="info" icon="info" inForm>
              <b>You were signed out.</b> {returnName && <>After you sign in you are back on “{returnName}”.</>}
            </Banner>
          ) : null)}
        <Providers providers={providers} returnTo={returnTo} first={!passwords} down={server.down} />
        {passwords && (
          <>
            {providers.length > 0 && <p className={styles.or}>or with a password</p>}
            <Field
              ref={name}
              id="username"
              name="username"
              label="User name"
              defaultValue={typedName}
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
            <Button type="submit" variant="primary" size="wide" busy={login.isPending} disabled={waits}>
              {left !== null ? `Try again in ${countdown(left)}` : "Sign in"}
            </Button>
            <p className={styles.fine}>Forgotten? Your administrator can set a new password.</p>
          </>
        )}
      </form>
    </SignInFrame>
  );
}

function isLimited(error: Error): boolean {
  return isApiError(error) && error.status === 429;
}
