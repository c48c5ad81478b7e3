// A person, as the api knows them: calls of their own beside those of the page. Sessions are refreshed as a page does.
import { until } from "./poll.ts";

export type Status = "queued" | "starting" | "running" | "stopping" | "stopped" | "failed" | "deleting";

export interface Desktop {
  id: string;
  name: string;
  status: Status;
  reason: { code: string; text: string } | null;
  steps: { name: string; at: string }[];
  version: number;
}

export class Account {
  private cookies = new Map<string, string>();

  private constructor(
    private readonly origin: string,
    readonly username: string,
    public password: string,
  ) {}

  static async signIn(origin: string, username: string, password: string): Promise<Account> {
    const account = new Account(origin, username, password);
    await account.call("POST", "/auth/login", { username, password });
    return account;
  }

  /** After the password was changed: that ends every other log-in. */
  async signInAgain(password: string): Promise<void> {
    this.password = password;
    await this.call("POST", "/auth/login", { username: this.username, password });
  }

  get = <T>(path: string) => this.call<T>("GET", path);
  post = <T>(path: string, body?: unknown) => this.call<T>("POST", path, body);
  patch = <T>(path: string, body: unknown) => this.call<T>("PATCH", path, body);
  delete = <T>(path: string, body?: unknown) => this.call<T>("DELETE", path, body);

  async desktops(): Promise<Desktop[]> {
    return (await this.get<{ items: Desktop[] }>("/desktops?limit=200")).items;
  }

  desktop(id: string): Promise<Desktop> {
    return this.get<Desktop>(`/desktops/${id}`);
  }

  /** How many desktops' events one room hears in this time. */
  async countEvents(room: string, ms: number): Promise<number> {
    const answer = await fetch(`${this.origin}/api/v1/events?room=${room}`, {
      headers: { cookie: this.cookieHeader() },
      signal: AbortSignal.timeout(ms),
    });
    let count = 0;
    try {
      for await (const chunk of answer.body ?? []) {
        count += new TextDecoder().decode(chunk).split("event: desktop\n").length - 1;
      }
    } catch {
      // The time is over.
    }
    return count;
  }

  /** The template that the page offers first. */
  async template(): Promise<string> {
    const { items } = await this.get<{ items: { id: string; default: boolean; ready: boolean }[] }>("/templates");
    const template = items.find((one) => one.default && one.ready) ?? items.find((one) => one.ready);
    if (!template) throw new Error("no template is ready: build the image with `make images`");
    return template.id;
  }

  async create(name: string): Promise<Desktop> {
    return this.post<Desktop>("/desktops", { template: await this.template(), name });
  }

  async running(name: string): Promise<Desktop> {
    return this.reaches((await this.create(name)).id, "running");
  }

  async reaches(id: string, status: Status): Promise<Desktop> {
    return until(
      `desktop ${id} is ${status}`,
      async () => {
        const desktop = await this.desktop(id);
        return desktop.status === status ? desktop : Promise.reject(new Error(desktop.status));
      },
      30_000,
    );
  }

  /** Deletes them all and waits until they are gone. */
  async deleteDesktops(): Promise<void> {
    for (const { id } of await this.desktops()) await this.delete(`/desktops/${id}`).catch(() => undefined);
    await until("all desktops are gone", async () => (await this.desktops()).length === 0, 30_000);
  }

  private cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  private async call<T>(method: string, path: string, body?: unknown, again = true): Promise<T> {
    const response = await fetch(`${this.origin}/api/v1${path}`, {
      method,
      headers: {
        cookie: this.cookieHeader(),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (name && value !== undefined) this.cookies.set(name, value);
    }
    const text = await response.text();
    if (response.status === 401 && again && this.cookies.size > 0 && !path.startsWith("/auth/")) {
      await this.call("POST", "/auth/refresh", undefined, false);
      return this.call(method, path, body, false);
    }
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }
}
