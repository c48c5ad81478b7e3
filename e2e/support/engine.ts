// The container engine as its owner sees it: what a desktop really did, and whether anything was left behind.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";

const run = promisify(execFile);

const IMAGE = "berth/desktop:latest";

export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await run("docker", args, { encoding: "utf8", maxBuffer: 8 * 1024 * 1024 });
  return stdout.trimEnd();
}

const lines = (text: string) => text.split("\n").filter(Boolean);

/** The container of a desktop. */
export async function containerOf(desktopId: string): Promise<string> {
  const found = lines(await docker("ps", "-aq", "--filter", `label=berth.desktop=${desktopId}`));
  if (found.length !== 1) throw new Error(`${found.length} containers of desktop ${desktopId}`);
  return found[0] as string;
}

export async function installationOf(desktopId: string): Promise<string> {
  return docker("inspect", "--format", '{{index .Config.Labels "berth.installation"}}', await containerOf(desktopId));
}

/** Everything of an installation that the engine still has. */
export async function leftovers(installation: string) {
  const filter = ["--filter", `label=berth.installation=${installation}`];
  const [containers, volumes, networks] = await Promise.all([
    docker("ps", "-aq", ...filter),
    docker("volume", "ls", "-q", ...filter),
    docker("network", "ls", "-q", ...filter),
  ]);
  return { containers: lines(containers), volumes: lines(volumes), networks: lines(networks) };
}

/** A desktop from the inside: its own programs answer. */
export class Inside {
  private constructor(private readonly container: string) {}

  static async of(desktopId: string): Promise<Inside> {
    return new Inside(await containerOf(desktopId));
  }

  sh(script: string): Promise<string> {
    return docker("exec", "-e", "DISPLAY=:1", "-w", "/home/user", this.container, "sh", "-c", script);
  }

  /** Undefined while there is no such file. */
  file(name: string): Promise<string | undefined> {
    return this.sh(`cat '${name}'`).catch(() => undefined);
  }

  /** "1280x800" */
  async geometry(): Promise<string> {
    return (await this.sh("xdpyinfo | awk '/dimensions:/ { print $2 }'")).trim();
  }

  /** The class of the window that has the keys: "lxterminal", "mousepad"; "" when there is none. */
  async activeWindow(): Promise<string> {
    const script = `id=$(xprop -root _NET_ACTIVE_WINDOW | grep -o '0x[0-9a-f]*$'); xprop -id "$id" WM_CLASS`;
    const answer = await this.sh(script).catch(() => "");
    return /"([^"]*)"/.exec(answer)?.[1]?.toLowerCase() ?? "";
  }

  /** Ids of the windows that the window manager keeps. */
  async windows(): Promise<string[]> {
    return (await this.sh("xprop -root _NET_CLIENT_LIST")).match(/0x[0-9a-f]+/g) ?? [];
  }

  /** Whether a window of this name is on the screen, the menu's included. */
  async shows(name: string): Promise<boolean> {
    return (await this.sh("xwininfo -root -tree")).includes(`"${name}"`);
  }

  /** As the menu's Log out does. */
  async logOut(): Promise<void> {
    await this.sh("openbox --exit");
  }
}

/** A container of an installation that no record knows: somebody restored an old database, say. */
export async function stray(installation: string, owner: string): Promise<string> {
  const desktop = `01JSTRAY${randomBytes(9).toString("hex").toUpperCase()}`;
  const labels = {
    "berth.installation": installation,
    "berth.desktop": desktop,
    "berth.generation": "1",
    "berth.owner": owner,
    "berth.name": "Driftwood",
  };
  const flags = Object.entries(labels).flatMap(([name, value]) => ["--label", `${name}=${value}`]);
  const name = `stray-${desktop.toLowerCase()}`;
  await docker("run", "-d", "--name", name, "--network", "none", ...flags, "--entrypoint", "sleep", IMAGE, "600");
  return name;
}

export async function exists(container: string): Promise<boolean> {
  return docker("inspect", "--format", "{{.Id}}", container).then(
    () => true,
    () => false,
  );
}
