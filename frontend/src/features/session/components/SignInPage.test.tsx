import { screen, waitFor } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, it, vi } from "vitest";
import { user } from "@/testing/factories";
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
