// Before every test file: matchers, a fresh page, an api that answers, and the parts of a browser that jsdom lacks.
import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterAll, afterEach, beforeAll, vi } from "vitest";
import { queryClient } from "@/lib/api";
import { server } from "./server";

configure({ asyncUtilTimeout: 6000 });

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));

afterEach(() => {
  cleanup();
  server.resetHandlers();
  queryClient.clear();
  localStorage.clear();
  sessionStorage.clear();
  history.replaceState(null, "", "/");
  vi.useRealTimers();
});

afterAll(() => server.close());

Element.prototype.scrollIntoView = () => undefined;
// Nothing is drawn, so nothing is hidden.
Element.prototype.checkVisibility ??= () => true;
Element.prototype.hasPointerCapture = () => false;
window.requestIdleCallback ??= ((run: () => void) => setTimeout(run)) as unknown as typeof requestIdleCallback;
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
