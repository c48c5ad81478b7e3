// What a page complains about. Any of it fails the test, unless the test said beforehand that it will come.
import type { BrowserContext } from "@playwright/test";

export class Problems {
  private readonly heard: string[] = [];
  private readonly allowed = [
    // See `go` in pages.ts.
    /net::ERR_NETWORK_CHANGED/,
    // noVNC, left while it was still painting what it had.
    /^Got data while (in an invalid state|disconnected) @/,
  ];

  listen(context: BrowserContext): void {
    context.on("console", (message) => {
      if (message.type() === "error") this.heard.push(`${message.text()} @ ${message.location().url}`);
    });
    context.on("weberror", (error) => this.heard.push(`uncaught: ${error.error().stack ?? error.error().message}`));
  }

  /** Of what the browser itself writes about requests that fail. Never lets a breach of the page's policy through. */
  allow(...patterns: RegExp[]): void {
    this.allowed.push(...patterns);
  }

  get unexpected(): string[] {
    return this.heard.filter((text) => {
      const ours = /Content Security Policy|^uncaught:/.test(text);
      return ours || !this.allowed.some((pattern) => pattern.test(text));
    });
  }
}

/** Nobody is signed in yet: the page asks who it is, and is told. */
export const SIGNED_OUT = /status of 401 .*\/api\/v1\/(me|auth\/refresh)$/;
/** The line is cut or the server is gone. */
export const NO_LINE = /net::ERR_|WebSocket connection to .* failed|Failed when connecting: Connection closed/;
/** The socket's upgrade was refused because the desktop does not run. */
export const NOT_RUNNING = /WebSocket connection to .*409/;
