// The network between the browser and Berth: a wire that can be cut and mended.
import { createServer, connect, type Server, type Socket } from "node:net";
import { once } from "node:events";

export class Wire {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;
  private whole = true;

  private constructor(private readonly toPort: number) {
    this.server = createServer((here) => this.join(here));
  }

  static async to(port: number): Promise<Wire> {
    const wire = new Wire(port);
    wire.server.listen(0, "127.0.0.1");
    await once(wire.server, "listening");
    return wire;
  }

  get port(): number {
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new Error("the wire is gone");
    return address.port;
  }

  /** Everything that is open breaks, and nothing new gets through. */
  cut(): void {
    this.whole = false;
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  mend(): void {
    this.whole = true;
  }

  close(): void {
    this.cut();
    this.server.close();
  }

  private join(here: Socket): void {
    if (!this.whole) return void here.resetAndDestroy();
    const there = connect(this.toPort, "127.0.0.1");
    for (const [socket, other] of [
      [here, there],
      [there, here],
    ] as const) {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
