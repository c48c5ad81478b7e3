import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, it } from "vitest";
import { adminQueue } from "@/testing/adminFactories";
import { user } from "@/testing/factories";
import { api, list, server } from "@/testing/server";
import { App } from "./App";

function open(path: string, role: "user" | "operator" | "admin") {
  history.replaceState(null, "", path);
  server.use(
    http.get(api("/me"), () => HttpResponse.json(user({ role }))),
    http.get(api("/admin/jobs"), () => list([])),
  );
  render(<App />);
}

it.each(["/queue", "/drift", "/operations"])("%s does not exist for those who only have desktops", async (path) => {
  open(path, "user");
  expect(await screen.findByRole("heading", { name: "There is no such page" })).toBeInTheDocument();
});

const ONLY_ADMINISTRATORS = ["/users", "/users/groups", "/users/audit", "/templates"];

it.each(ONLY_ADMINISTRATORS)("%s does not exist for operators", async (path) => {
  open(path, "operator");
  expect(await screen.findByRole("heading", { name: "There is no such page" })).toBeInTheDocument();
});

it.each(ONLY_ADMINISTRATORS)("%s is there for administrators, with its place in the bar", async (path) => {
  open(path, "admin");
  const word = path === "/templates" ? "Templates" : "Users";
  expect(await screen.findByRole("heading", { name: word, level: 1 })).toBeInTheDocument();
  expect(await screen.findByRole("link", { name: word })).toHaveAttribute("aria-current", "page");
});

it("offers operators neither users nor templates, by bar or by keys", async () => {
  open("/queue", "operator");
  await screen.findByRole("link", { name: /^Queue/ });
  expect(screen.queryByRole("link", { name: /Users|Templates/ })).not.toBeInTheDocument();
  await userEvent.setup().keyboard("gu");
  expect(location.pathname).toBe("/queue");
});

it("leads everybody to their own account", async () => {
  open("/", "user");
  const press = userEvent.setup();
  await press.click(await screen.findByRole("button", { name: "Account: Jonas Weber" }));
  await press.click(await screen.findByRole("menuitem", { name: "Your account" }));
  expect(await screen.findByRole("heading", { name: "Your account" })).toBeInTheDocument();
});

it("offers users nothing of it in the bar", async () => {
  open("/", "user");
  await screen.findByRole("heading", { name: "Your desktops" });
  expect(screen.queryByRole("link", { name: /Queue|Drift/ })).not.toBeInTheDocument();
});

it("takes operators from page to page by bar and by keys, with what waits and what differs", async () => {
  server.use(http.get(api("/admin/queue"), () => HttpResponse.json(adminQueue())));
  open("/", "operator");
  const press = userEvent.setup();
  await press.click(await screen.findByRole("link", { name: "Queue 37 waiting" }));
  expect(await screen.findByRole("heading", { name: "Queue" })).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "Queue 37 waiting" })).toHaveAttribute("aria-current", "page");
  await press.keyboard("gr");
  expect(await screen.findByRole("heading", { name: "Drift" })).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "Drift 5 differences" })).toHaveAttribute("aria-current", "page");
  await press.keyboard("gd");
  expect(await screen.findByRole("heading", { name: "Your desktops" })).toBeInTheDocument();
  await press.keyboard("gq");
  expect(await screen.findByRole("heading", { name: "Queue" })).toBeInTheDocument();
});
