// Free ports of this machine.
import { once } from "node:events";
import { createServer } from "node:net";

async function listenable(port: number): Promise<number | null> {
  const server = createServer();
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
    const address = server.address();
    return typeof address === "object" && address ? address.port : null;
  } catch {
    return null;
  } finally {
    server.close();
  }
}

export async function freePort(): Promise<number> {
  const port = await listenable(0);
  if (port === null) throw new Error("this machine has no free port");
  return port;
}

/** A stretch below the ports that the machine hands out by itself, within one thousand of them. */
export async function freeRange(length: number): Promise<string> {
  for (let tries = 0; tries < 50; tries += 1) {
    const first = 20_000 + 1_000 * Math.floor(Math.random() * 10) + 100 * Math.floor(Math.random() * 9);
    const ports = Array.from({ length }, (_, index) => first + index);
    const free = await Promise.all(ports.map(listenable));
    if (free.every((port) => port !== null)) return `${first}-${first + length - 1}`;
  }
  throw new Error("no stretch of free ports found");
}
