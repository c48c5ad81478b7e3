import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useRef, useState } from "react";
import { expect, it } from "vitest";
import { Dialog } from "./Dialog";

function Page({ stays = false }: { stays?: boolean }) {
  const [open, setOpen] = useState(false);
  const first = useRef<HTMLButtonElement>(null);
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        Ask
      </button>
      {open && (
        <Dialog
          open
          stays={stays}
          onClose={() => setOpen(false)}
          title="Really"
          initialFocus={first}
          actions={
            <button ref={first} type="button" onClick={() => setOpen(false)}>
              No
            </button>
          }
        />
      )}
    </>
  );
}

async function ask(stays?: boolean) {
  const page = render(<Page stays={stays} />);
  const press = userEvent.setup();
  await press.click(screen.getByRole("button", { name: "Ask" }));
  return { press, behind: page.container };
}

it("makes the page behind inert, hides nothing that takes the focus, and undoes it", async () => {
  const { press, behind } = await ask();
  const dialog = screen.getByRole("dialog", { name: "Really" });
  expect(dialog).toHaveAttribute("aria-modal", "true");
  expect(screen.getByRole("button", { name: "No" })).toHaveFocus();
  await waitFor(() => expect(behind.inert).toBe(true));
  expect(dialog.closest("[inert]")).toBeNull();
  expect(document.querySelector("[aria-hidden=true] :is(button, a, input)")).toBeNull();
  await press.keyboard("{Escape}");
  expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
  expect(behind.inert).toBe(false);
  await waitFor(() => expect(screen.getByRole("button", { name: "Ask" })).toHaveFocus());
});

it("closes by a press beside it, unless what it shows is shown only once", async () => {
  const { press } = await ask();
  await press.click(document.querySelector("[data-veil]")!);
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
});

it("stays when a press beside it would lose something", async () => {
  const { press } = await ask(true);
  await press.click(document.querySelector("[data-veil]")!);
  expect(screen.getByRole("dialog")).toBeInTheDocument();
});
