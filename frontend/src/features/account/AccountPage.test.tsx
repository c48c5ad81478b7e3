import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, it, vi } from "vitest";
import { newToken, threeSessions, token } from "@/testing/adminFactories";
import { about, user } from "@/testing/factories";
import { renderPage } from "@/testing/render";
import { api, list, problem, server } from "@/testing/server";
import { AccountPage } from "./AccountPage";

const done = () => new HttpResponse(null, { status: 204 });
const part = (name: string) => within(screen.getByRole("region", { name }));
const dialog = () => within(screen.getByRole("dialog"));

function show(...handlers: Parameters<typeof server.use>) {
  server.use(...handlers);
  return renderPage(<AccountPage />);
}

it("changes the password, and says a wrong one at its field", async () => {
  const { press } = show(
    http.put(api("/me/password"), async ({ request }) => {
      const { current_password } = (await request.json()) as { current_password: string };
      return current_password === "right" ? done() : problem(401, "bad_credentials");
    }),
  );
  await press.type(screen.getByLabelText("Present password"), "wrong");
  await press.type(screen.getByLabelText("New password"), "a long new one");
  await press.click(screen.getByRole("button", { name: "Change the password" }));
  expect(await screen.findByText("That is not your present password.")).toBeInTheDocument();
  await press.clear(screen.getByLabelText("Present password"));
  await press.type(screen.getByLabelText("Present password"), "right");
  await press.click(screen.getByRole("button", { name: "Change the password" }));
  expect(await screen.findByText("Your password is changed.")).toBeInTheDocument();
  expect(screen.getByLabelText("New password")).toHaveValue("");
});

it("has neither password nor second step where nobody signs in with one", async () => {
  show(http.get(api("/about"), () => HttpResponse.json(about({ sign_in: ["oidc:campus"] }))));
  await waitFor(() => expect(screen.queryByRole("region", { name: "Password" })).not.toBeInTheDocument());
  expect(screen.queryByRole("region", { name: "Second step" })).not.toBeInTheDocument();
  expect(screen.getByRole("region", { name: "API tokens" })).toBeInTheDocument();
});

it("shows where one is signed in, and ends one of them", async () => {
  let sessions = threeSessions();
  const { press } = show(
    http.get(api("/me/sessions"), () => list(sessions)),
    http.delete(api("/me/sessions/:id"), ({ params }) => {
      sessions = sessions.filter(({ id }) => id !== params.id);
      return done();
    }),
  );
  const places = part("Where you are signed in");
  expect(await places.findAllByRole("listitem")).toHaveLength(3);
  expect(places.getByText("Here")).toBeInTheDocument();
  await press.click(places.getByRole("button", { name: "End Chrome on Android, 10.2.31.77" }));
  await waitFor(() => expect(places.getAllByRole("listitem")).toHaveLength(2));
});

it("signs out everywhere", async () => {
  const out = vi.fn();
  const { press } = show(
    http.post(api("/auth/logout-all"), () => {
      out();
      return done();
    }),
  );
  await press.click(await screen.findByRole("button", { name: "Sign out everywhere, here too" }));
  await waitFor(() => expect(out).toHaveBeenCalled());
  await waitFor(() => expect(location.pathname).toBe("/sign-in"));
});

it("makes a token with a name, a scope and an end, and shows it once", async () => {
  const sent = vi.fn();
  const { press } = show(
    http.post(api("/tokens"), async ({ request }) => {
      sent(await request.json());
      return HttpResponse.json(newToken({ name: "CI", token: "berth_secret" }), { status: 201 });
    }),
  );
  await press.click(await screen.findByRole("button", { name: "Make a token" }));
  await screen.findByRole("dialog", { name: "Make a token" });
  await press.click(dialog().getByRole("button", { name: "Make the token" }));
  expect(dialog().getByText(/Type a name/)).toBeInTheDocument();
  expect(dialog().queryByRole("radio", { name: /Everything your role may/ })).not.toBeInTheDocument();
  await press.type(dialog().getByLabelText("What it is for"), "CI");
  await press.click(dialog().getByRole("radio", { name: /^Read, and change desktops/ }));
  await press.selectOptions(dialog().getByLabelText("It ends"), "Never");
  await press.click(dialog().getByRole("button", { name: "Make the token" }));
  expect(await screen.findByRole("dialog", { name: "The token “CI”" })).toBeInTheDocument();
  expect(dialog().getByText("berth_secret")).toBeInTheDocument();
  expect(sent).toHaveBeenCalledWith({ name: "CI", scopes: ["read", "desktops"], expires_in_days: null });
  await press.click(dialog().getByRole("button", { name: "Done" }));
  expect(screen.queryByText("berth_secret")).not.toBeInTheDocument();
});

it("offers everything one's role may to those who have one", async () => {
  const { press } = renderPage(<AccountPage />, user({ role: "operator" }));
  await press.click(await screen.findByRole("button", { name: "Make a token" }));
  expect(await screen.findByRole("radio", { name: /Everything your role may/ })).toBeInTheDocument();
});

it("says that there are no more tokens to have, and deletes one after asking", async () => {
  let tokens = Array.from({ length: 20 }, (_, index) => token({ name: `bot ${index}` }));
  const { press } = show(
    http.get(api("/tokens"), () => list(tokens)),
    http.delete(api("/tokens/:id"), ({ params }) => {
      tokens = tokens.filter(({ id }) => id !== params.id);
      return done();
    }),
  );
  const make = await screen.findByRole("button", { name: "Make a token" });
  expect(make).toBeDisabled();
  expect(make).toHaveAccessibleDescription("You have all 20. Delete one you no longer need.");
  await press.click(screen.getByRole("button", { name: "Delete bot 3" }));
  const ask = within(await screen.findByRole("alertdialog", { name: "Delete the token “bot 3”?" }));
  await press.click(ask.getByRole("button", { name: "Delete it" }));
  await waitFor(() => expect(make).toBeEnabled());
});

it("switches the second step on: password, code, recovery codes", async () => {
  let on = false;
  const { press } = show(
    http.get(api("/me/two-factor"), () => HttpResponse.json({ on, recovery_left: on ? 10 : 0 })),
    http.post(api("/me/two-factor"), () =>
      HttpResponse.json({ secret: "JBSWY3DPEHPK3PXP", uri: "otpauth://totp/Berth:jonas?secret=JBSWY3DPEHPK3PXP" }),
    ),
    http.post(api("/me/two-factor/confirm"), async ({ request }) => {
      const { code } = (await request.json()) as { code: string };
      if (code !== "123456") return problem(401, "two_factor_wrong");
      on = true;
      return HttpResponse.json({ recovery_codes: ["aaaa-1", "bbbb-2"] });
    }),
  );
  await press.click(await screen.findByRole("button", { name: "Switch it on" }));
  await press.type(await screen.findByLabelText("Your password"), "right{Enter}");
  expect(await screen.findByRole("img", { name: /The code to scan/ })).toBeInTheDocument();
  expect(screen.getByText("JBSW Y3DP EHPK 3PXP")).toBeInTheDocument();
  await press.type(screen.getByLabelText("The code that the app shows"), "000000{Enter}");
  expect(await screen.findByText(/That code is not right/)).toBeInTheDocument();
  await press.clear(screen.getByLabelText("The code that the app shows"));
  await press.type(screen.getByLabelText("The code that the app shows"), "123 456{Enter}");
  expect(await screen.findByRole("dialog", { name: "Keep your recovery codes" })).toBeInTheDocument();
  expect(dialog().getByText("bbbb-2")).toBeInTheDocument();
  await press.click(dialog().getByRole("button", { name: "I have kept them" }));
  expect(await screen.findByText("10 recovery codes left.")).toBeInTheDocument();
});

it("switches the second step off by the password", async () => {
  let on = true;
  const { press } = show(
    http.get(api("/me/two-factor"), () => HttpResponse.json({ on, recovery_left: on ? 2 : 0 })),
    http.delete(api("/me/two-factor"), async ({ request }) => {
      const { password } = (await request.json()) as { password: string };
      if (password !== "right") return problem(401, "bad_credentials");
      on = false;
      return done();
    }),
  );
  await press.click(await screen.findByRole("button", { name: "Switch it off" }));
  await press.type(await screen.findByLabelText("Your password"), "wrong{Enter}");
  expect(await screen.findByText("That is not your password.")).toBeInTheDocument();
  await press.clear(screen.getByLabelText("Your password"));
  await press.type(screen.getByLabelText("Your password"), "right{Enter}");
  expect(await screen.findByRole("button", { name: "Switch it on" })).toBeInTheDocument();
});
