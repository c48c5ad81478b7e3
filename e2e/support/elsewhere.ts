// Somebody else's site: one empty page, and what a page on it can try with a Berth that its visitor is signed in to.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { expect, type Page } from "@playwright/test";

export class Elsewhere {
  private constructor(private readonly server: Server) {}

  static async start(): Promise<Elsewhere> {
    const server = createServer((_, answer) => {
      answer.setHeader("content-type", "text/html").end("<!doctype html><title>Win a boat</title><body>");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Elsewhere(server);
  }

  /** Its page, by either name of this machine. */
  on(host: string): string {
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new Error("the other site is gone");
    return `http://${host}:${address.port}/`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** A page's tries. Each says what the page got to see. */
export class Tries {
  constructor(private readonly page: Page) {}

  /** "basic …" with the answer's text, "opaque " when it was sent but tells nothing, "refused". */
  fetch(method: string, url: string, mode: RequestMode = "cors"): Promise<string> {
    return this.page.evaluate(
      async ([method, url, mode]) => {
        try {
          const answer = await fetch(url, { method, mode, credentials: "include" });
          return `${answer.type} ${await answer.text()}`;
        } catch {
          return "refused";
        }
      },
      [method, url, mode] as const,
    );
  }

  /** The first message of a socket, or its end. */
  socket(url: string): Promise<string> {
    return this.page.evaluate(
      (url) =>
        new Promise<string>((done) => {
          const socket = new WebSocket(url, "binary");
          socket.binaryType = "arraybuffer";
          socket.onclose = ({ code }) => done(`closed ${code}`);
          socket.onmessage = ({ data }) => {
            done(`heard ${new TextDecoder().decode(data as ArrayBuffer).trim()}`);
            socket.close();
          };
        }),
      url.replace("http:", "ws:"),
    );
  }

  /** The first event of a stream, or its failure. */
  events(url: string): Promise<string> {
    return this.page.evaluate(
      (url) =>
        new Promise<string>((done) => {
          const source = new EventSource(url, { withCredentials: true });
          const end = (what: string) => {
            done(what);
            source.close();
          };
          source.addEventListener("snapshot", () => end("heard a snapshot"));
          source.onerror = () => end("failed");
        }),
      url,
    );
  }

  /** Whether something of the other site becomes part of the page. */
  include(tag: "img" | "script" | "link", url: string): Promise<string> {
    return this.page.evaluate(
      ([tag, url]) =>
        new Promise<string>((done) => {
          const element = document.createElement(tag);
          element.onload = () => done("loaded");
          element.onerror = () => done("failed");
          if (element instanceof HTMLLinkElement) Object.assign(element, { rel: "stylesheet", href: url });
          else Object.assign(element, { src: url });
          document.body.append(element);
        }),
      [tag, url] as const,
    );
  }

  /** The addresses that are shown inside the page, once they were tried in each kind of frame. */
  async frames(url: string): Promise<string[]> {
    await this.page.evaluate((url) => {
      for (const [tag, attribute] of [
        ["iframe", "src"],
        ["object", "data"],
        ["embed", "src"],
      ] as const) {
        const element = document.createElement(tag);
        element.setAttribute(attribute, url);
        document.body.append(element);
      }
    }, url);
    const shown = () => this.page.frames().filter((frame) => frame !== this.page.mainFrame());
    await expect.poll(() => shown().every((frame) => frame.url() !== "")).toBe(true);
    await this.page.waitForLoadState("networkidle");
    return shown().map((frame) => frame.url());
  }

  /** Sends a form, which needs nobody's leave; the browser goes there. Returns the status. */
  async form(url: string, text = ""): Promise<number> {
    const back = this.page.url();
    const answer = this.page.waitForResponse((one) => one.url() === url && one.request().isNavigationRequest());
    await this.page.evaluate(
      ([url, text]) => {
        const form = Object.assign(document.createElement("form"), { action: url, method: "post", enctype: "text/plain" });
        // Sent as name=value: a name can hold a whole body but for its last sign.
        const [name, value] = text.split("=");
        if (name) form.append(Object.assign(document.createElement("input"), { name, value: value ?? "" }));
        document.body.append(form);
        form.submit();
      },
      [url, text] as const,
    );
    const status = (await answer).status();
    await this.page.waitForURL(url);
    await this.page.goto(back);
    return status;
  }
}
