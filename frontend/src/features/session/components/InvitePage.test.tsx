import { screen, waitFor } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, it, vi } from "vitest";
import { user } from "@/testing/factories";
import { renderPage } from "@/testing/render";
import { api, problem, server } from "@/testing/server";
import { InvitePage } from "./InvitePage";

const soon = new Date(Date.now() + 86_400_000).toISOString();

function show(...handlers: Parameters<typeof server.use>) {
  const onSignedIn = vi.fn();
  server.use(
    ...handlers,
    http.post(api("/auth/invite"), () =>
      HttpResponse.json({ username: "amina", display_name: "Amina Diallo", expires_at: soon }),
    ),
  );
  return { ...renderPage(<InvitePage token="abc" onSignedIn={onSignedIn} />), onSignedIn };
}

it("greets who it is for, takes a password, and signs in", async () => {
  const sent = vi.fn();
  const { press, onSignedIn } = show(
    http.post(api("/auth/invite/accept"), async ({ request }) => {
      sent(await request.json());
      return HttpResponse.json({ user: user({ username: "amina" }), expires_at: soon });
    }),
  );
  expect(await screen.findByRole("heading", { name: "Welcome, Amina Diallo" })).toBeInTheDocument();
  await press.click(screen.getByRole("button", { name: "Set it and sign in" }));
  expect(screen.getByText("Type a password.")).toBeInTheDocument();
  await press.type(screen.getByLabelText("Password"), "a good long one{Enter}");
  await waitFor(() => expect(onSignedIn).toHaveBeenCalled());
  expect(sent).toHaveBeenCalledWith({ token: "abc", password: "a good long one" });
});

it("asks who has a second step for its code", async () => {
  const sent = vi.fn();
  const { press, onSignedIn } = show(
    http.post(api("/auth/invite/accept"), async ({ request }) => {
      const body = (await request.json()) as { code?: string };
      sent(body);
      if (body.code === undefined) return problem(401, "two_factor_required");
      if (body.code !== "123456") return problem(401, "two_factor_wrong");
      return HttpResponse.json({ user: user({ username: "amina" }), expires_at: soon });
    }),
  );
  await press.type(await screen.findByLabelText("Password"), "a good long one{Enter}");
  await press.type(await screen.findByLabelText("Code from the app on your phone"), "000000{Enter}");
  expect(await screen.findByText("That code is not right, or was used before.")).toBeInTheDocument();
  await press.clear(screen.getByLabelText("Code from the app on your phone"));
  await press.type(screen.getByLabelText("Code from the app on your phone"), "123456{Enter}");
  await waitFor(() => expect(onSignedIn).toHaveBeenCalled());
  expect(sent).toHaveBeenLastCalledWith({ token: "abc", password: "a good long one", code: "123456" });
});

it("says what is wrong with a password at its field", async () => {
  const fault = { field: "password", message: "this is one of the commonest passwords" };
  const { press } = show(
    http.post(api("/auth/invite/accept"), () =>
      HttpResponse.json(
        { type: "", title: "", status: 422, detail: "", code: "validation_failed", request_id: "r", errors: [fault] },
        { status: 422, headers: { "content-type": "application/problem+json" } },
      ),
    ),
  );
  await press.type(await screen.findByLabelText("Password"), "password123{Enter}");
  expect(await screen.findByText("This is one of the commonest passwords.")).toBeInTheDocument();
});

it.each([
  ["that is wrong, old or used", problem(404, "invite_invalid")],
  ["that is no token at all", problem(422, "validation_failed")],
])("tells of a link %s", async (_name, answer) => {
  show(http.post(api("/auth/invite"), () => answer));
  expect(await screen.findByRole("heading", { name: "This invite is not good any more" })).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "Sign in" })).toHaveAttribute("href", "/sign-in");
});

it("does not call a link bad when Berth does not answer", async () => {
  show(http.post(api("/auth/invite"), () => HttpResponse.error()));
  expect(await screen.findByRole("alert")).toHaveTextContent(/could not be looked up.*does not answer/);
  expect(screen.getByRole("button", { name: "Try again" })).toBeInTheDocument();
});
