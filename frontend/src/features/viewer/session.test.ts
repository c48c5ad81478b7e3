import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FIRST_PROBE_MS, PROBE, PROBE_EVERY_MS, SILENT_MS } from "./latency";

const rfbs = vi.hoisted(() => [] as FakeRfb[]);
interface FakeRfb extends EventTarget {
  disconnect: ReturnType<typeof vi.fn>;
}

vi.mock("@novnc/novnc", () => ({
  default: class extends EventTarget {
    disconnect = vi.fn();
    constructor(target: HTMLElement) {
      super();
      target.append(document.createElement("canvas"));
      rfbs.push(this);
    }
  },
}));
const { ViewerSession } = await import("./session");

class FakeSocket extends EventTarget {
  static readonly OPEN = 1;
  readyState = 1;
  sent: unknown[] = [];
  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    super();
    sockets.push(this);
  }
  send(data: unknown) {
    this.sent.push(data);
  }
  hears(...bytes: number[]) {
    this.dispatchEvent(new MessageEvent("message", { data: Uint8Array.from(bytes).buffer }));
  }
  closes(code: number) {
    this.dispatchEvent(new CloseEvent("close", { code }));
  }
}
let sockets: FakeSocket[] = [];
const ANSWER = [0, 0, 0, 1, 0, 0, 0, 0, 5, 160, 3, 132, 0xff, 0xff, 0xfe, 0xcc];

function open() {
  const target = document.createElement("div");
  const session = new ViewerSession(target, "ws://here/vnc", { name: "Thesis", hintId: "hint" });
  const heard: string[] = [];
  session.on("opened", () => heard.push("opened"));
  session.on("closed", (code) => heard.push(`closed ${code}`));
  session.on("lastPicture", () => heard.push("last picture"));
  session.on("latency", (ms) => heard.push(`latency ${ms}`));
  const socket = sockets.at(-1) as FakeSocket;
  const rfb = rfbs.at(-1) as FakeRfb;
  return { target, session, heard, socket, rfb };
}

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  vi.stubGlobal("WebSocket", FakeSocket);
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a session", () => {
  it("names the canvas and says how to leave it", () => {
    const canvas = open().target.querySelector("canvas");
    expect(canvas).toHaveAttribute("role", "application");
    expect(canvas).toHaveAttribute("aria-label", "Screen of Thesis");
    expect(canvas).toHaveAttribute("aria-describedby", "hint");
    expect(canvas?.tabIndex).toBe(0);
  });

  it("tells the close code, once", () => {
    const { heard, socket, rfb } = open();
    socket.closes(4000);
    rfb.dispatchEvent(new CustomEvent("disconnect"));
    expect(heard).toEqual(["closed 4000"]);
  });

  it("hands over the last picture before the end, if there was one", () => {
    const { heard, socket, rfb } = open();
    rfb.dispatchEvent(new CustomEvent("connect"));
    socket.hears(0, 0, 0, 1);
    socket.closes(1006);
    expect(heard).toEqual(["opened", "last picture", "closed 1006"]);
  });

  it("says nothing when the page itself leaves, but for the last picture", () => {
    const { session, heard, socket, rfb } = open();
    rfb.dispatchEvent(new CustomEvent("connect"));
    socket.hears(0);
    session.close();
    socket.closes(1000);
    expect(heard).toEqual(["opened", "last picture"]);
    expect(rfb.disconnect).toHaveBeenCalledOnce();
  });

  it("gives up on a socket that never opens", () => {
    const { heard, rfb } = open();
    vi.advanceTimersByTime(15_000);
    expect(heard).toEqual(["closed 1006"]);
    expect(rfb.disconnect).toHaveBeenCalledOnce();
  });
});

describe("the latency", () => {
  it("is the time from the question to its own answer", () => {
    const { heard, socket, rfb } = open();
    rfb.dispatchEvent(new CustomEvent("connect"));
    vi.advanceTimersByTime(FIRST_PROBE_MS);
    expect(socket.sent).toEqual([PROBE]);
    vi.advanceTimersByTime(20);
    socket.hears(2);
    vi.advanceTimersByTime(10);
    socket.hears(...ANSWER);
    socket.hears(...ANSWER);
    expect(heard).toEqual(["opened", "latency 30"]);
  });

  it("is unknown again when a question stays open", () => {
    const { heard, socket, rfb } = open();
    rfb.dispatchEvent(new CustomEvent("connect"));
    vi.advanceTimersByTime(FIRST_PROBE_MS);
    socket.hears(...ANSWER);
    vi.advanceTimersByTime(2 * PROBE_EVERY_MS);
    expect(heard).toEqual(["opened", "latency 0", "latency null"]);
  });

  it("ends a socket that has fallen silent", () => {
    const { heard, rfb } = open();
    rfb.dispatchEvent(new CustomEvent("connect"));
    vi.advanceTimersByTime(SILENT_MS + PROBE_EVERY_MS);
    expect(heard.at(-1)).toBe("closed 1006");
    expect(rfb.disconnect).toHaveBeenCalledOnce();
  });
});
