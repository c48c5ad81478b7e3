import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, it, vi } from "vitest";
import { elevenPeople, person, threeSessions } from "@/testing/adminFactories";
import { desktopThat, user } from "@/testing/factories";
import { renderPage } from "@/testing/render";
import { api, list, problem, server } from "@/testing/server";
import type { AdminUser } from "./api";
import { PeoplePage } from "./PeoplePage";

const ADMIN = user({ id: "01JDUSERMARA", username: "mara", display_name: "Mara Lindqvist", role: "admin" });
const rows = () => screen.getAllByRole("row").filter((row) => row.dataset.row);
const row = (name: string) => screen.getByRole("row", { name: new RegExp(`^${name},`) });
const drawer = () => within(screen.getByRole("complementary", { name: "User" }));

/** Answers lists by search and role, and one by its id. */
function people(all: AdminUser[]) {
  return [
    http.get(api("/admin/users"), ({ request }) => {
      const search = new URL(request.url).searchParams;
      const q = search.get("q") ?? "";
      const role = search.get("role");
      return list(all.filter((one) => one.username.includes(q) && (!role || one.role === role)));
    }),
    http.get(api("/admin/users/:id"), ({ params }) => {
      const found = all.find((one) => one.id === params.id);
      return found ? HttpResponse.json(found) : problem(404, "not_found");
    }),
    http.get(api("/admin/users/:id/sessions"), () => list(threeSessions().map((one) => ({ ...one, current: false })))),
    http.get(api("/desktops"), () => list([desktopThat("running", { name: "Thesis" })])),
  ];
}

async function show(all = elevenPeople(), ...handlers: Parameters<typeof server.use>) {
  server.use(...handlers, ...people(all));
  const page = renderPage(<PeoplePage />, ADMIN);
  if (all.length > 0) await waitFor(() => expect(rows()).toHaveLength(all.length));
  return { ...page, all };
}

async function open(name: string) {
  const page = await show();
  await page.press.click(screen.getByRole("link", { name }));
  await drawer().findByRole("heading", { name });
  return page;
}

it("shows everybody with role, slots, limits and when they were last here", async () => {
  await show();
  expect(screen.getByText(/^11 users, \d here now$/)).toBeInTheDocument();
  expect(row("Jonas Weber")).toHaveTextContent(/User.*5 of 6.*14.*Own.*now/);
  expect(within(row("Lena Fischer")).getByRole("img", { name: "3 of 3 desktops" })).toBeInTheDocument();
  expect(row("Lena Fischer")).toHaveTextContent("full");
  expect(row("Ines Costa")).toHaveTextContent(/Course 2026.*Group/);
  expect(row("Karl Brandt")).toHaveTextContent("yesterday");
  expect(within(row("Olga Petrova")).getByText("Switched off")).toBeInTheDocument();
  expect(within(row("Amina Diallo")).getByText("Invited")).toBeInTheDocument();
});

it("keeps its filters in the address, and offers the way back when nobody matches", async () => {
  const { press } = await show();
  await press.selectOptions(screen.getByRole("combobox", { name: "Role" }), "Operator");
  await waitFor(() => expect(rows()).toHaveLength(1));
  expect(location.search).toBe("?role=operator");
  await press.keyboard("/");
  await press.keyboard("zzz");
  expect(await screen.findByText("Nobody matches.")).toBeInTheDocument();
  expect(location.search).toBe("?role=operator&q=zzz");
  await press.click(screen.getByRole("button", { name: "Clear the filters" }));
  await waitFor(() => expect(rows()).toHaveLength(11));
});

it("shows fifty more by cursor", async () => {
  const all = Array.from({ length: 60 }, (_, index) => person({ username: `p-${index}` }));
  server.use(
    http.get(api("/admin/users"), ({ request }) => {
      const from = Number(new URL(request.url).searchParams.get("cursor") ?? 0);
      return HttpResponse.json({ items: all.slice(from, from + 50), next_cursor: from === 0 ? "50" : null });
    }),
  );
  const { press } = renderPage(<PeoplePage />, ADMIN);
  await press.click(await screen.findByRole("button", { name: "Show 50 more" }));
  expect(await screen.findByText("60 shown")).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "Show 50 more" })).not.toBeInTheDocument();
});

it("opens somebody beside the table by keys, walks on, and hands the focus back", async () => {
  const { press } = await show();
  await press.keyboard("jj{Enter}");
  expect(await drawer().findByRole("heading", { name: "Jonas Weber" })).toBeInTheDocument();
  expect(await drawer().findByText("Thesis")).toBeInTheDocument();
  expect(await drawer().findByText("Chrome on Android")).toBeInTheDocument();
  await press.click(drawer().getByRole("button", { name: "User below" }));
  expect(await drawer().findByRole("heading", { name: "Priya Nair" })).toBeInTheDocument();
  await press.keyboard("{Escape}");
  expect(screen.queryByRole("complementary")).not.toBeInTheDocument();
  expect(row("Priya Nair")).toHaveFocus();
  expect(location.search).toBe("");
});

it("saves only what was changed, and says a refusal at its field", async () => {
  const bodies: unknown[] = [];
  server.use(
    http.patch(api("/admin/users/:id"), async ({ request }) => {
      bodies.push(await request.json());
      return bodies.length === 1
        ? HttpResponse.json({ ...elevenPeople()[1]!, role: "operator" })
        : HttpResponse.json(
            {
              type: "",
              title: "",
              status: 422,
              detail: "No.",
              code: "validation_failed",
              request_id: "r",
              errors: [{ field: "limits.start_limits", message: "write a number and a window" }],
            },
            { status: 422, headers: { "content-type": "application/problem+json" } },
          );
    }),
  );
  const { press } = await open("Jonas Weber");
  expect(drawer().queryByRole("button", { name: "Save" })).not.toBeInTheDocument();
  await press.selectOptions(drawer().getByRole("combobox", { name: "Role" }), "operator");
  await press.click(drawer().getByRole("button", { name: "Save" }));
  await waitFor(() => expect(bodies).toEqual([{ role: "operator" }]));
  const starts = drawer().getByRole("textbox", { name: "Starts" });
  await press.type(starts, "many");
  await press.click(drawer().getByRole("button", { name: "Save" }));
  expect(await drawer().findByText("Write a number and a window.")).toBeInTheDocument();
  expect(bodies[1]).toEqual({ limits: { max_desktops: 6, start_limits: "many", max_streams: null } });
  await press.click(drawer().getByRole("button", { name: "Put it back" }));
  expect(starts).toHaveValue("");
});

it("takes all own limits away when the last field is emptied", async () => {
  const sent = vi.fn();
  server.use(
    http.patch(api("/admin/users/:id"), async ({ request }) => {
      sent(await request.json());
      return HttpResponse.json(elevenPeople()[1]);
    }),
  );
  const { press } = await open("Jonas Weber");
  await press.clear(drawer().getByRole("textbox", { name: "Desktops" }));
  await press.click(drawer().getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent).toHaveBeenCalledWith({ limits: null }));
});

it("adds somebody by an invite link, which is shown once", async () => {
  const sent = vi.fn();
  server.use(
    http.post(api("/admin/users"), async ({ request }) => {
      sent(await request.json());
      return HttpResponse.json(person({ id: "new", username: "nora" }), { status: 201 });
    }),
    http.post(api("/admin/users/new/invite"), () =>
      HttpResponse.json(
        { url: "https://berth.test/invite#abc", expires_at: new Date(Date.now() + 6e8).toISOString() },
        { status: 201 },
      ),
    ),
  );
  const { press } = await show();
  await press.click(screen.getByRole("button", { name: "Add user" }));
  const dialog = () => within(screen.getByRole("dialog"));
  await screen.findByRole("dialog", { name: "Add a user" });
  await press.click(dialog().getByRole("button", { name: "Add user" }));
  expect(dialog().getByText("Type the name they sign in with.")).toBeInTheDocument();
  await press.type(dialog().getByLabelText("User name"), "nora");
  await press.click(dialog().getByRole("button", { name: "Add user" }));
  expect(await screen.findByRole("dialog", { name: "nora is added" })).toBeInTheDocument();
  expect(dialog().getByText("https://berth.test/invite#abc")).toBeInTheDocument();
  expect(sent).toHaveBeenCalledWith({ username: "nora", role: "user", display_name: null, group: null });
  await press.click(dialog().getByRole("button", { name: "Done" }));
  expect(screen.queryByText("https://berth.test/invite#abc")).not.toBeInTheDocument();
});

it("says when a name is taken", async () => {
  server.use(http.post(api("/admin/users"), () => problem(409, "username_taken")));
  const { press } = await show();
  await press.click(screen.getByRole("button", { name: "Add user" }));
  await press.type(await screen.findByLabelText("User name"), "jonas");
  await press.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Add user" }));
  expect(await screen.findByText("Somebody has this name already.")).toBeInTheDocument();
});

it("sets a password that the page made, and shows it once", async () => {
  const sent = vi.fn();
  server.use(
    http.patch(api("/admin/users/:id"), async ({ request }) => {
      sent(await request.json());
      return HttpResponse.json(elevenPeople()[1]);
    }),
  );
  const { press } = await open("Jonas Weber");
  await press.click(drawer().getByRole("button", { name: "Set a new password" }));
  const field = await screen.findByLabelText<HTMLInputElement>("New password");
  expect(field.value).toMatch(/^([a-z2-9]{5}-){3}[a-z2-9]{5}$/);
  const made = field.value;
  await press.click(screen.getByRole("button", { name: "Set this password" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Jonas’ new password" }));
  expect(dialog.getByText(made)).toBeInTheDocument();
  expect(sent).toHaveBeenCalledWith({ password: made });
});

it("asks what becomes of the desktops before somebody is deleted", async () => {
  const sent = vi.fn();
  server.use(
    http.delete(api("/admin/users/:id"), async ({ request }) => {
      sent(await request.json());
      return new HttpResponse(null, { status: 202 });
    }),
  );
  const { press } = await open("Jonas Weber");
  await press.click(drawer().getByRole("button", { name: "Delete" }));
  const dialog = within(await screen.findByRole("alertdialog", { name: "Delete Jonas Weber?" }));
  expect(dialog.getByRole("button", { name: "Keep Jonas Weber" })).toHaveFocus();
  await press.click(dialog.getByRole("button", { name: "Delete" }));
  expect(dialog.getByRole("alert")).toHaveTextContent("Choose what becomes of them.");
  expect(sent).not.toHaveBeenCalled();
  await press.click(dialog.getByRole("radio", { name: /^Give them to somebody else/ }));
  await press.type(dialog.getByLabelText("Who gets them"), "priya");
  await press.click(dialog.getByRole("button", { name: "Delete" }));
  await waitFor(() => expect(sent).toHaveBeenCalledWith({ desktops: "give", to: "priya" }));
  await waitFor(() => expect(screen.queryByRole("alertdialog")).not.toBeInTheDocument());
});

it("asks about the desktops when there are some that the page did not know of", async () => {
  server.use(http.delete(api("/admin/users/:id"), () => problem(409, "has_desktops", "There is 1 desktop.")));
  const { press } = await open("Karl Brandt");
  await press.click(drawer().getByRole("button", { name: "Delete" }));
  const dialog = within(await screen.findByRole("alertdialog"));
  expect(dialog.queryByRole("radio")).not.toBeInTheDocument();
  await press.click(dialog.getByRole("button", { name: "Delete" }));
  expect(await dialog.findAllByRole("radio")).toHaveLength(2);
});

it("offers nobody to switch off or delete themselves, and says why", async () => {
  await open("Mara Lindqvist");
  expect(drawer().queryByRole("button", { name: /^(Delete|Switch off)$/ })).not.toBeInTheDocument();
  expect(drawer().getByText(/another administrator can switch you off/)).toBeInTheDocument();
});

it("ends one session, or all of them", async () => {
  const ended = vi.fn();
  server.use(
    http.delete(api("/admin/users/:id/sessions/:session"), () => {
      ended("one");
      return new HttpResponse(null, { status: 204 });
    }),
    http.post(api("/admin/users/:id/sign-out"), () => {
      ended("all");
      return new HttpResponse(null, { status: 204 });
    }),
  );
  const { press } = await open("Jonas Weber");
  await press.click(await drawer().findByRole("button", { name: "End Chrome on Android, 10.2.31.77" }));
  await waitFor(() => expect(ended).toHaveBeenCalledWith("one"));
  await press.click(drawer().getByRole("button", { name: "Sign them out everywhere" }));
  await waitFor(() => expect(ended).toHaveBeenCalledWith("all"));
});

it("says what failed, with a way to try again", async () => {
  server.use(http.get(api("/admin/users"), () => problem(500, "internal")));
  renderPage(<PeoplePage />, ADMIN);
  expect(await screen.findByRole("alert")).toHaveTextContent(/The users could not be loaded.*01JDREQ/);
});
