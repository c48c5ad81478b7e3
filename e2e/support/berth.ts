// The real `berth serve`, with a data folder of its own that goes with it, and the people who use it. Or a stack that runs already,
// of several processes behind nginx (BERTH_TEST_STACK_URL, BERTH_TEST_STACK_PASSWORD): then starting and ending is not ours.
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, openSync, closeSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Account } from "./account.ts";
import { docker, installationOf, leftovers } from "./engine.ts";
import { freePort, freeRange } from "./ports.ts";
import { until } from "./poll.ts";
import { Wire } from "./wire.ts";

const BINARY = process.env.BERTH_BIN || fileURLToPath(new URL("../../target/release/berth", import.meta.url));
const STACK = process.env.BERTH_TEST_STACK_URL;
const LOG_LINES = 150;

export interface UserOptions {
  role?: "user" | "operator" | "admin";
  maxDesktops?: number;
  displayName?: string;
}

/** What one Berth is to have that others have not. */
export interface BerthOptions {
  /** Host ports. */
  ports?: number;
  settings?: Record<string, string>;
}

export class Berth {
  /** What the engine's labels say of us; known once a desktop was tidied away. */
  private installation: string | null = null;
  private process: ChildProcess | null = null;
  private readonly accounts: Account[] = [];
  private admin: Account | null = null;
  private seen = 0;
  /** How its people's names begin: a stack outlives one run of tests. */
  private readonly crew = STACK ? `sailor-${randomBytes(3).toString("hex")}-` : "sailor";

  private constructor(
    private readonly folder: string,
    private readonly settings: Record<string, string>,
    /** Where Berth listens itself. */
    readonly port: number,
    /** The line between browser and Berth. */
    readonly wire: Wire,
  ) {}

  /** What the browser calls: the far end of the wire. */
  get url(): string {
    return `http://127.0.0.1:${this.wire.port}`;
  }

  /** Whether it is one process that these tests may kill and start. */
  readonly ours = !STACK;

  static async start(): Promise<Berth> {
    return STACK ? Berth.join(new URL(STACK)) : Berth.own();
  }

  private static async join(stack: URL): Promise<Berth> {
    const port = Number(stack.port);
    const folder = await mkdtemp(join(tmpdir(), "berth-e2e-"));
    const berth = new Berth(folder, {}, port, await Wire.to(port));
    berth.admin = await Account.signIn(berth.direct, "admin", process.env.BERTH_TEST_STACK_PASSWORD ?? "");
    return berth;
  }

  /** One process of these tests' own, whatever else there is. */
  static async own({ ports = 60, settings: own = {} }: BerthOptions = {}): Promise<Berth> {
    if (!existsSync(BINARY)) throw new Error(`${BINARY} is missing: build it with \`make build\``);
    const folder = await mkdtemp(join(tmpdir(), "berth-e2e-"));
    const [port, metrics, range] = await Promise.all([freePort(), freePort(), freeRange(ports)]);
    const wire = await Wire.to(port);
    const password = randomBytes(18).toString("base64url");
    const settings = {
      BERTH_LISTEN: `127.0.0.1:${port}`,
      BERTH_METRICS_LISTEN: `127.0.0.1:${metrics}`,
      BERTH_PUBLIC_URL: `http://127.0.0.1:${wire.port}`,
      BERTH_DATA_DIR: join(folder, "data"),
      BERTH_ADMIN_PASSWORD: password,
      BERTH_PORT_RANGE: range,
      BERTH_LEASE_TTL: "2s",
      BERTH_MAX_DESKTOPS_PER_USER: "5",
      BERTH_START_LIMITS: "20/minute,200/hour,900/day",
      BERTH_LOG: "info",
      BERTH_LOG_FORMAT: "text",
      ...own,
    };
    const berth = new Berth(folder, settings, port, wire);
    await berth.run();
    berth.admin = await Account.signIn(berth.direct, "admin", password);
    return berth;
  }

  /** Not over the wire: the tests' own calls go on while it is cut. */
  private get direct(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  private get logFile(): string {
    return join(this.folder, "berth.log");
  }

  /** Starts the process, again after it ended, and waits until it is ready. */
  async run(): Promise<void> {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("BERTH_"));
    const log = openSync(this.logFile, "a");
    const child = spawn(BINARY, ["serve"], {
      cwd: this.folder,
      env: { ...Object.fromEntries(inherited), ...this.settings },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.process = child;
    await until("Berth is ready", async () => {
      if (child.exitCode !== null) return Promise.reject(new Error(`berth serve ended with ${child.exitCode}`));
      const answer = await fetch(`${this.direct}/readyz`);
      const { degraded } = (await answer.json()) as { degraded?: string[] };
      return answer.ok && degraded?.length === 0;
    }).catch(async (error: Error) => {
      throw new Error(`${error.message}\n${await this.log()}`);
    });
  }

  /** `berth load` against this one, as its administrator; it ends when it is told to, or with its scenario. */
  load(...args: string[]): ChildProcess {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("BERTH_"));
    const log = openSync(this.logFile, "a");
    const child = spawn(BINARY, ["load", ...args, "--address", this.direct], {
      cwd: this.folder,
      env: { ...Object.fromEntries(inherited), ...this.settings },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    return child;
  }

  /** As a crash or a power cut does. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.process;
    this.process = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }

  async log(): Promise<string> {
    const text = await readFile(this.logFile, "utf8").catch(() => "");
    return text.split("\n").slice(-LOG_LINES).join("\n");
  }

  async user({ role = "user", maxDesktops, displayName }: UserOptions = {}): Promise<Account> {
    if (!this.admin) throw new Error("nobody is there to make users");
    this.seen += 1;
    const username = `${this.crew}${this.seen}`;
    const password = randomBytes(12).toString("base64url");
    await this.admin.post("/admin/users", {
      username,
      password,
      role,
      ...(displayName && { display_name: displayName }),
      ...(maxDesktops !== undefined && { limits: { max_desktops: maxDesktops } }),
    });
    const account = await Account.signIn(this.direct, username, password);
    this.accounts.push(account);
    return account;
  }

  /** Deletes a person's desktops and waits until they are gone. */
  async tidy(account: Account): Promise<void> {
    for (const { id } of this.installation ? [] : await account.desktops())
      this.installation ??= await installationOf(id).catch(() => null);
    await account.deleteDesktops();
  }

  /** Deletes every desktop, ends the server, and throws when the engine still has anything of ours. */
  async close(): Promise<void> {
    try {
      this.wire.mend();
      if (this.ours && !this.process) await this.run();
      for (const account of this.accounts) await this.tidy(account);
      const asked = Date.now();
      await this.end("SIGTERM");
      if (Date.now() - asked > 5_000) throw new Error("`berth serve` took longer than 5 s to end");
    } finally {
      await this.end("SIGKILL");
      this.wire.close();
      const left = await this.sweep();
      if (left.length > 0) throw new Error(`left behind in the engine: ${left.join(", ")}`);
      await rm(this.folder, { recursive: true, force: true });
    }
  }

  /** Takes away what the engine still has of ours; says what should not have been there. Networks may stay. */
  private async sweep(): Promise<string[]> {
    if (!this.installation) return [];
    const { containers, volumes, networks } = await leftovers(this.installation);
    if (containers.length > 0) await docker("rm", "-f", "-v", ...containers);
    if (volumes.length > 0) await docker("volume", "rm", "-f", ...volumes);
    if (networks.length > 0) await docker("network", "rm", ...networks);
    return [...containers.map((id) => `container ${id}`), ...volumes.map((name) => `volume ${name}`)];
  }
}
