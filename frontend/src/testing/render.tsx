// Renders a part of the page with what it needs around it.
import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useEffect, type ReactNode } from "react";
import { Toaster } from "@/components/ui/Toast";
import { keys, queryClient, type User } from "@/lib/api";
import { keepFocus } from "@/lib/keepFocus";
import { user } from "./factories";

export function renderPage(ui: ReactNode, who: User = user()) {
  queryClient.setDefaultOptions({ queries: { retry: false }, mutations: { retry: false } });
  queryClient.setQueryData(keys.me, who);
  const result = render(
    <QueryClientProvider client={queryClient}>
      <Kept>{ui}</Kept>
      <Toaster />
    </QueryClientProvider>,
  );
  return { ...result, press: userEvent.setup() };
}

/** As the frame of every page has it. */
function Kept({ children }: { children: ReactNode }) {
  useEffect(keepFocus, []);
  return children;
}
