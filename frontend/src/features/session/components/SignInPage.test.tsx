import { screen, waitFor } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, it, vi } from "vitest";
import { about, user } from "@/testing/factories";
import { renderPage } from "@/testing/render";
import { api, problem, server } from "@/testing/server";
import { SignInPage } from "./SignInPage";

function signIn(props: Partial<Parameters<typeof SignInPage>[0]> = {}) {
  const onSignedIn = vi.fn();
  const page = renderPage(<SignInPage ended={false} returnName={null} onSignedIn={onSignedIn} {...props} />);
  const send = async () => {
    await page.press.type(screen.getByLabelText("User name"), "jonas");
    await page.press.type(screen.getByLabelText("Password"), "secret{Enter}");
  };
  return { ...page, onSignedIn, send };
}

it("signs in", async () => {
  const expires_at = new Date(Date.now() + 900_000).toISOString();
  server.use(
    http.post(api("/auth/login"), async ({ request }) => {
      expect(await request.json()).toEqual({ username: "jonas", password: "secret" });
      return HttpResponse.json({ user: user(), expires_at });
    }),
  );
  const { send, onSignedIn } = signIn();
  await send();
  await waitFor(() => expect(onSignedIn).toHaveBeenCalled());
});

it("never says which of the two was wrong", async () => {
  server.use(http.post(api("/auth/login"), () => problem(401, "bad_credentials")));
  const { send } = signIn();
  await send();
  expect(await screen.findByRole("alert")).toHaveTextContent("That name and password do not go together.");
  expect(screen.getByLabelText("User name")).toHaveAttribute("aria-invalid", "true");
  expect(screen.getByLabelText("Password")).toHaveAttribute("aria-invalid", "true");
});

it("counts down after too many tries, and comes back by itself", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  server.use(http.post(api("/auth/login"), () => problem(429, "too_many_failures", "", { "retry-after": "42" })));
  const { send } = signIn();
  await send();
  const button = await screen.findByRole("button", { name: /Try again in 0:4[012]/ });
  expect(button).toBeDisabled();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(screen.getByRole("button", { name: /Try again in 0:2/ })).toBeDisabled();
  await vi.advanceTimersByTimeAsync(25_000);
  expect(screen.getByRole("button", { name: "Sign in" })).toBeEnabled();
});

it("waits for a server that is down, and goes on when it is back", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  server.use(http.get(api("/about"), () => HttpResponse.error()));
  signIn();
  expect(await screen.findByText("Berth does not answer.")).toBeInTheDocument();
  expect(screen.getByRole("button", { name: "Sign in" })).toBeDisabled();
  server.resetHandlers();
  await vi.advanceTimersByTimeAsync(6000);
  await waitFor(() => expect(screen.getByRole("button", { name: "Sign in" })).toBeEnabled());
});

it("says where one goes back to", () => {
  signIn({ ended: true, returnName: "Thesis" });
  expect(screen.getByRole("status")).toHaveTextContent(
    "You were signed out. After you sign in you are back on “Thesis”.",
  );
});

const TWO = about({
  sign_in: ["password", "oidc:campus"],
  providers: [{ id: "campus", name: "Harbour University" }],
});

it("offers the other ways in, and takes along where one goes back to", async () => {
  server.use(http.get(api("/about"), () => HttpResponse.json(TWO)));
  signIn({ returnTo: "/queue?state=retryable" });
  const link = await screen.findByRole("link", { name: "Sign in with Harbour University" });
  expect(link).toHaveAttribute("href", "/api/v1/auth/oidc/campus/start?return_to=%2Fqueue%3Fstate%3Dretryable");
  expect(screen.getByLabelText("Password")).toBeInTheDocument();
});

it("asks for no password where there are none", async () => {
  server.use(http.get(api("/about"), () => HttpResponse.json({ ...TWO, sign_in: ["oidc:campus"] })));
  signIn();
  await screen.findByRole("link", { name: "Sign in with Harbour University" });
  expect(screen.queryByLabelText("Password")).not.toBeInTheDocument();
});

it.each([
  ["oidc_expired", "That took too long."],
  ["oidc_refused", "The sign-in was cancelled there."],
  ["oidc_down", "The sign-in service does not answer."],
  ["oidc_not_allowed", "You may not use Berth with that account."],
  ["oidc_username_taken", "Somebody here has that user name already."],
  ["oidc_failed", "Signing in did not work."],
  ["something_newer", "Signing in did not work."],
])("says what %s means", (error, words) => {
  signIn({ error });
  expect(screen.getByRole("alert")).toHaveTextContent(words);
});

it("asks for the second step where there is one, and takes a recovery code too", async () => {
  const codes: (string | undefined)[] = [];
  const expires_at = new Date(Date.now() + 900_000).toISOString();
  server.use(
    http.post(api("/auth/login"), async ({ request }) => {
      const { code } = (await request.json()) as { code?: string };
      codes.push(code);
      if (!code) return problem(401, "two_factor_required");
      return code === "123456" ? problem(401, "two_factor_wrong") : HttpResponse.json({ user: user(), expires_at });
    }),
  );
  const { send, press, onSignedIn } = signIn();
  await send();
  const field = await screen.findByLabelText("Code from the app on your phone");
  expect(field).toHaveFocus();
  expect(screen.queryByText(/do not go together/)).not.toBeInTheDocument();
  await press.type(field, "123 456{Enter}");
  expect(await screen.findByText("That code is not right, or was used before.")).toBeInTheDocument();
  await press.click(screen.getByRole("button", { name: "Use a recovery code" }));
  await press.type(screen.getByLabelText("Recovery code"), "k0m4-0x7q{Enter}");
  await waitFor(() => expect(onSignedIn).toHaveBeenCalled());
  expect(codes).toEqual([undefined, "123456", "k0m4-0x7q"]);
});

it("goes back from the second step to name and password", async () => {
  server.use(http.post(api("/auth/login"), () => problem(401, "two_factor_required")));
  const { send, press } = signIn();
  await send();
  await press.click(await screen.findByRole("button", { name: "Back" }));
  expect(screen.getByLabelText("User name")).toBeInTheDocument();
  expect(screen.queryByRole("alert")).not.toBeInTheDocument();
});
