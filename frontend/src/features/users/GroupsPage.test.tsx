import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, it, vi } from "vitest";
import { group, threeGroups } from "@/testing/adminFactories";
import { user } from "@/testing/factories";
import { renderPage } from "@/testing/render";
import { api, list, problem, server } from "@/testing/server";
import { GroupsPage } from "./GroupsPage";

const ADMIN = user({ role: "admin" });
const drawer = () => within(screen.getByRole("complementary", { name: "Group" }));
const row = (name: string) => screen.getByRole("row", { name: new RegExp(`^${name},`) });

async function show(...handlers: Parameters<typeof server.use>) {
  server.use(...handlers);
  const page = renderPage(<GroupsPage />, ADMIN);
  await screen.findByRole("row", { name: /^Course 2026,/ });
  return page;
}

it("shows each group's members and limits, and leads to its members", async () => {
  await show();
  expect(row("Course 2026")).toHaveTextContent("5 desktops; starts 5 a minute, 50 an hour; 4 open at once");
  expect(row("Staff")).toHaveTextContent("Default");
  expect(within(row("Staff")).getByRole("link", { name: "1 member of Staff" })).toHaveAttribute(
    "href",
    "/users?group=01JDGROUPSTAFF",
  );
});

it("adds a group with limits and templates of its own", async () => {
  const sent = vi.fn();
  const { press } = await show(
    http.post(api("/admin/groups"), async ({ request }) => {
      sent(await request.json());
      return HttpResponse.json(group({ id: "new", name: "Lab" }), { status: 201 });
    }),
  );
  await press.click(screen.getByRole("button", { name: "Add group" }));
  await press.click(drawer().getByRole("button", { name: "Add the group" }));
  expect(drawer().getByText("Type a name.")).toBeInTheDocument();
  await press.type(drawer().getByLabelText("Name"), "Lab");
  await press.type(drawer().getByLabelText("Desktops"), "x");
  expect(drawer().getByText("Write a number, or leave it empty.")).toBeInTheDocument();
  await press.clear(drawer().getByLabelText("Desktops"));
  await press.type(drawer().getByLabelText("Desktops"), "2");
  await press.click(await drawer().findByRole("checkbox", { name: /^Notebook/ }));
  await press.click(drawer().getByRole("button", { name: "Add the group" }));
  await waitFor(() =>
    expect(sent).toHaveBeenCalledWith({
      name: "Lab",
      description: "",
      limits: { max_desktops: 2, start_limits: null, max_streams: null },
      templates: ["notebook"],
    }),
  );
  await waitFor(() => expect(location.search).toBe("?group=new"));
});

it("says when a name is taken", async () => {
  const { press } = await show(http.patch(api("/admin/groups/:id"), () => problem(409, "name_taken")));
  await press.click(screen.getByRole("link", { name: "Staff" }));
  await press.clear(drawer().getByLabelText("Name"));
  await press.type(drawer().getByLabelText("Name"), "Course 2026");
  await press.click(drawer().getByRole("button", { name: "Save" }));
  expect(await drawer().findByText("Another group has this name.")).toBeInTheDocument();
});

it("asks before it deletes, and says what becomes of the members", async () => {
  let groups = threeGroups();
  const { press } = await show(
    http.get(api("/admin/groups"), () => list(groups)),
    http.delete(api("/admin/groups/:id"), ({ params }) => {
      groups = groups.filter(({ id }) => id !== params.id);
      return new HttpResponse(null, { status: 204 });
    }),
  );
  await press.click(screen.getByRole("link", { name: "Course 2026" }));
  await press.click(drawer().getByRole("button", { name: "Delete" }));
  const dialog = within(screen.getByRole("alertdialog", { name: "Delete the group “Course 2026”?" }));
  expect(dialog.getByText(/Its 2 members keep their account and desktops/)).toBeInTheDocument();
  await press.click(dialog.getByRole("button", { name: "Delete the group" }));
  await waitFor(() => expect(screen.queryByRole("row", { name: /^Course 2026,/ })).not.toBeInTheDocument());
  expect(screen.queryByRole("complementary")).not.toBeInTheDocument();
});
