import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, it, vi } from "vitest";
import { adminTemplate, fiveTemplates, node, registry } from "@/testing/adminFactories";
import { user } from "@/testing/factories";
import { renderPage } from "@/testing/render";
import { api, list, problem, server } from "@/testing/server";
import { TemplatesPage } from "./TemplatesPage";
import { imageOver } from "./words";

const ADMIN = user({ role: "admin" });
const rows = () => screen.getAllByRole("row").filter((row) => row.dataset.row);
const row = (name: string) => screen.getByRole("row", { name: new RegExp(`^${name},`) });
const drawer = () => within(screen.getByRole("complementary", { name: "Template" }));

async function show(...handlers: Parameters<typeof server.use>) {
  server.use(...handlers);
  const page = renderPage(<TemplatesPage />, ADMIN);
  await waitFor(() => expect(rows().length).toBeGreaterThan(0));
  const menu = async (name: string, item: string) => {
    await page.press.click(screen.getByRole("button", { name: `More for ${name}` }));
    await page.press.click(await screen.findByRole("menuitem", { name: item }));
  };
  return { ...page, menu };
}

it("shows each template with its image on the nodes, in its order", async () => {
  await show();
  expect(rows().map((row) => row.dataset.row)).toEqual(["light", "xfce", "notebook", "drawing", "code"]);
  expect(row("Light desktop")).toHaveTextContent(/Present.*½ CPU · 256 MB.*Everyone.*12/);
  expect(row("Desktop with browser")).toHaveTextContent(/Default.*3 desktops on an older image/);
  await waitFor(() => expect(row("Notebook")).toHaveTextContent(/Pulling 45 %.*Course 2026/));
  expect(row("Drawing")).toHaveTextContent("Missing on dock-02");
  expect(row("Code editor")).toHaveTextContent(/Disabled.*Pull failed on dock-01/);
});

it("says the image over all nodes, what wants an eye first", () => {
  expect(imageOver([]).word).toBe("Not looked for yet");
  expect(imageOver([node(), node()]).word).toBe("Present");
  expect(imageOver([node({ state: "missing" }), node({ state: "missing" })]).word).toBe("Missing");
  expect(imageOver([node(), node({ state: "missing" }), node({ state: "missing" })]).word).toBe("Missing on 2 nodes");
  const pulling = node({ state: "pulling", progress: { percent: null, text: "Asking" } });
  expect(imageOver([node({ state: "failed" }), pulling]).word).toBe("Pulling");
});

it("moves a template, disables it, makes another the default and pulls an image", async () => {
  const sent = vi.fn();
  const note = async ({ request }: { request: Request }) => {
    const text = await request.text();
    sent(`${request.method} ${new URL(request.url).pathname.replace("/api/v1/admin/templates", "")}`, text);
    return request.method === "PATCH"
      ? HttpResponse.json(fiveTemplates()[0])
      : new HttpResponse(null, { status: request.method === "PUT" ? 204 : 202 });
  };
  const { menu } = await show(
    http.put(api("/admin/templates/order"), note),
    http.patch(api("/admin/templates/:id"), note),
    http.post(api("/admin/templates/:id/pull"), note),
  );
  await menu("Notebook", "Move up");
  const ids = ["light", "notebook", "xfce", "drawing", "code"];
  await waitFor(() => expect(sent).toHaveBeenLastCalledWith("PUT /order", JSON.stringify({ ids })));
  await menu("Light desktop", "Disable");
  await waitFor(() => expect(sent).toHaveBeenLastCalledWith("PATCH /light", '{"enabled":false}'));
  await menu("Light desktop", "Make it the default");
  await waitFor(() => expect(sent).toHaveBeenLastCalledWith("PATCH /light", '{"default":true}'));
  await menu("Drawing", "Pull the image");
  await waitFor(() => expect(sent).toHaveBeenLastCalledWith("POST /drawing/pull", ""));
});

it("shows a pull's measured progress and why one failed", async () => {
  const { press } = await show();
  await press.click(screen.getByRole("link", { name: "Notebook" }));
  expect(drawer().getByRole("progressbar", { name: "Pulled on dock-02" })).toHaveValue(45);
  expect(drawer().getByText("412 MB of 915 MB")).toBeInTheDocument();
  expect(drawer().queryByRole("button", { name: "Pull the image" })).not.toBeInTheDocument();
  await press.click(screen.getByRole("link", { name: "Code editor" }));
  expect(drawer().getByText(/The registry does not know dev\/code:nightly/)).toBeInTheDocument();
  expect(drawer().getByRole("button", { name: "Pull the image" })).toBeInTheDocument();
});

it("adds a template, after what is missing was said", async () => {
  const sent = vi.fn();
  const { press } = await show(
    http.post(api("/admin/templates"), async ({ request }) => {
      sent(await request.json());
      return HttpResponse.json(adminTemplate({ id: "gimp", name: "Gimp" }), { status: 201 });
    }),
  );
  await press.click(screen.getByRole("button", { name: "Add template" }));
  await press.click(drawer().getByRole("button", { name: "Add the template" }));
  expect(drawer().getByText("Type a name.")).toBeInTheDocument();
  expect(drawer().getByText("Type the image’s name.")).toBeInTheDocument();
  expect(sent).not.toHaveBeenCalled();
  await press.type(drawer().getByLabelText("Name"), "Gimp");
  await press.type(drawer().getByLabelText("Image"), "registry.example.org/gimp:2");
  await press.click(drawer().getByRole("radio", { name: /^Some groups/ }));
  await press.click(await drawer().findByRole("checkbox", { name: /^Staff/ }));
  await press.click(drawer().getByRole("button", { name: "Add a variable" }));
  await press.type(drawer().getByLabelText("Name of variable 1"), "lang");
  await press.type(drawer().getByLabelText("Value of variable 1"), "en_GB.UTF-8");
  await press.click(drawer().getByRole("button", { name: "Add the template" }));
  await waitFor(() =>
    expect(sent).toHaveBeenCalledWith(
      expect.objectContaining({
        name: "Gimp",
        image: "registry.example.org/gimp:2",
        audience: "groups",
        groups: ["01JDGROUPSTAFF"],
        env: [{ name: "LANG", value: "en_GB.UTF-8" }],
        memory_mib: 1024,
        enabled: true,
      }),
    ),
  );
  await waitFor(() => expect(location.search).toBe("?template=gimp"));
});

it("changes only what was changed", async () => {
  const sent = vi.fn();
  const { press } = await show(
    http.patch(api("/admin/templates/:id"), async ({ request }) => {
      sent(await request.json());
      return HttpResponse.json(fiveTemplates()[0]);
    }),
  );
  await press.click(screen.getByRole("link", { name: "Light desktop" }));
  expect(drawer().queryByRole("button", { name: "Save" })).not.toBeInTheDocument();
  await press.clear(drawer().getByLabelText("Memory in MB"));
  await press.type(drawer().getByLabelText("Memory in MB"), "512");
  await press.click(drawer().getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent).toHaveBeenCalledWith({ memory_mib: 512 }));
});

it("does not delete one that is in use: it offers to disable it", async () => {
  const sent = vi.fn();
  const { press, menu } = await show(
    http.patch(api("/admin/templates/:id"), async ({ request }) => {
      sent(await request.json());
      return HttpResponse.json(fiveTemplates()[0]);
    }),
  );
  await menu("Light desktop", "Delete");
  const dialog = within(await screen.findByRole("dialog", { name: "“Light desktop” is in use" }));
  await press.click(dialog.getByRole("button", { name: "Disable it" }));
  await waitFor(() => expect(sent).toHaveBeenCalledWith({ enabled: false }));
});

it("deletes one that is not, unless somebody was quicker", async () => {
  const { press, menu } = await show(http.delete(api("/admin/templates/:id"), () => problem(409, "template_in_use")));
  await menu("Code editor", "Delete");
  const ask = within(await screen.findByRole("alertdialog", { name: "Delete the template “Code editor”?" }));
  await press.click(ask.getByRole("button", { name: "Delete it" }));
  expect(await screen.findByRole("dialog", { name: "“Code editor” is in use" })).toBeInTheDocument();
});

it("keeps registries' sign-ins, and never shows what was typed", async () => {
  const sent = vi.fn();
  let registries = [registry()];
  const { press } = await show(
    http.get(api("/admin/registries"), () => list(registries)),
    http.put(api("/admin/registries/:host"), async ({ request, params }) => {
      sent(params.host, await request.json());
      registries = [...registries, registry({ host: "ghcr.io", username: "bot" })];
      return new HttpResponse(null, { status: 204 });
    }),
    http.delete(api("/admin/registries/:host"), () => {
      registries = [];
      return new HttpResponse(null, { status: 204 });
    }),
  );
  const part = within(screen.getByRole("region", { name: "Registries" }));
  await part.findByText("registry.example.org");
  await press.click(part.getByRole("button", { name: "Add registry" }));
  const dialog = within(screen.getByRole("dialog", { name: "Add a registry" }));
  await press.type(dialog.getByLabelText("Host"), "ghcr.io");
  await press.type(dialog.getByLabelText("Name"), "bot");
  await press.click(dialog.getByRole("button", { name: "Save" }));
  expect(dialog.getByRole("alert")).toHaveTextContent("Fill in all of them.");
  await press.type(dialog.getByLabelText("Password or token"), "hush");
  await press.click(dialog.getByRole("button", { name: "Save" }));
  await part.findByText("ghcr.io");
  expect(sent).toHaveBeenCalledWith("ghcr.io", { username: "bot", password: "hush" });
  expect(screen.queryByText("hush")).not.toBeInTheDocument();
  await press.click(part.getByRole("button", { name: "Delete registry.example.org" }));
  await press.click(within(screen.getByRole("alertdialog")).getByRole("button", { name: "Delete it" }));
  expect(await part.findByText("None.")).toBeInTheDocument();
});
