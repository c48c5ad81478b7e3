// One connection to a desktop's screen: a WebSocket of ours with noVNC on top. The socket is ours because noVNC does
// not tell close codes, and because the latency is measured on it. Lives from open to close; a new try is a new one.
import RFB from "@novnc/novnc";
import { FIRST_PROBE_MS, holdsAnswer, middle, PROBE, PROBE_EVERY_MS, SILENT_MS } from "./latency";
import type { Levels } from "./quality";
import type { Size } from "./settings";

export interface SessionEvents {
  opened: () => void;
  /** Once, and the last thing that is heard. 1006 when the socket never said why. */
  closed: (code: number) => void;
  /** The first picture after opening is on the canvas. */
  firstPicture: () => void;
  /** Just before the canvas leaves the page, whoever ends it. */
  lastPicture: (screen: HTMLCanvasElement) => void;
  /** The way there and back, in milliseconds; null while the desktop does not answer. */
  latency: (ms: number | null) => void;
  /** The desktop copied this text. */
  copied: (text: string) => void;
  /** Whether the picture is larger than its place and cut off. */
  clipped: (clipped: boolean) => void;
}

/** Neither a picture nor a refusal for this long after dialling. */
const OPEN_LIMIT_MS = 15_000;
const NO_REASON = 1006;

export class ViewerSession {
  readonly #socket: WebSocket;
  readonly #rfb: RFB;
  readonly #target: HTMLElement;
  readonly #listeners: { [K in keyof SessionEvents]: Set<SessionEvents[K]> } = {
    opened: new Set(),
    closed: new Set(),
    firstPicture: new Set(),
    lastPicture: new Set(),
    latency: new Set(),
    copied: new Set(),
    clipped: new Set(),
  };
  readonly #openLimit: ReturnType<typeof setTimeout>;
  #firstProbe: ReturnType<typeof setTimeout> | undefined;
  #prober: ReturnType<typeof setInterval> | undefined;
  #samples: number[] = [];
  #askedAt: number | null = null;
  #heardAt = 0;
  #opened = false;
  #pictured = false;
  /** Nothing more is told: closed, or left by us. */
  #over = false;
  /** noVNC has let go of the socket itself. */
  #gone = false;

  constructor(target: HTMLElement, url: string, label: { name: string; hintId: string }) {
    this.#target = target;
    this.#socket = new WebSocket(url, ["binary"]);
    this.#socket.addEventListener("close", (event) => {
      this.#gone = true;
      this.#end(event.code);
    });
    // Before noVNC's own listener: the answer's time is taken before it is decoded.
    this.#socket.addEventListener("message", (event: MessageEvent<ArrayBuffer>) => this.#heard(event.data));
    this.#rfb = new RFB(target, this.#socket, { shared: true });
    this.#rfb.background = "transparent";
    // A desktop that hides its pointer would leave none at all.
    this.#rfb.showDotCursor = true;
    this.#rfb.addEventListener("connect", () => this.#open());
    this.#rfb.addEventListener("disconnect", () => {
      this.#gone = true;
      this.#end(NO_REASON);
    });
    this.#rfb.addEventListener("credentialsrequired", () => this.close(NO_REASON));
    this.#rfb.addEventListener("clipboard", (event) => this.#say("copied", event.detail.text));
    this.#rfb.addEventListener("clippingviewport", (event) => this.#say("clipped", event.detail));
    this.#openLimit = setTimeout(() => this.close(NO_REASON), OPEN_LIMIT_MS);
    this.#describe(label.name, label.hintId);
    document.addEventListener("visibilitychange", this.#turned);
  }

  /** Returns what stops listening. */
  on<K extends keyof SessionEvents>(event: K, listener: SessionEvents[K]): () => void {
    const listeners = this.#listeners[event];
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  get canvas(): HTMLCanvasElement | null {
    return this.#target.querySelector("canvas");
  }

  /** Ends the connection from our side. Says `closed` only when given a code: a closing page needs no answer. */
  close(code?: number): void {
    if (code === undefined) this.#quiet();
    else this.#end(code);
    if (this.#gone) return;
    this.#gone = true;
    this.#rfb.disconnect();
  }

  size(size: Size): void {
    // In this order: noVNC reads clip and scale together, and asks for the new size last.
    this.#rfb.resizeSession = false;
    this.#rfb.clipViewport = size === "actual";
    this.#rfb.scaleViewport = size === "fit";
    if (size !== "actual") this.#rfb.dragViewport = false;
    this.#rfb.resizeSession = size === "resize";
  }

  /** Dragging moves the picture instead of pressing the desktop's mouse button. */
  moving(on: boolean): void {
    this.#rfb.dragViewport = on;
  }

  levels({ quality, compression }: Levels): void {
    this.#rfb.qualityLevel = quality;
    this.#rfb.compressionLevel = compression;
  }

  focus(): void {
    this.#rfb.focus({ preventScroll: true });
  }

  readonly sendKey = (keysym: number, code: string | null, down?: boolean): void => {
    this.#rfb.sendKey(keysym, code, down);
  };

  /** Lets go of every key that is held. noVNC does that when the window loses focus, and has no other way to ask. */
  releaseKeys(): void {
    window.dispatchEvent(new FocusEvent("blur"));
  }

  paste(text: string): void {
    this.#rfb.clipboardPasteFrom(text);
  }

  #say<K extends keyof SessionEvents>(event: K, ...what: Parameters<SessionEvents[K]>): void {
    const listeners = this.#listeners[event] as Set<(...what: Parameters<SessionEvents[K]>) => void>;
    for (const listener of listeners) listener(...what);
  }

  #open(): void {
    clearTimeout(this.#openLimit);
    this.#opened = true;
    this.#heardAt = performance.now();
    this.#prober = setInterval(this.#probe, PROBE_EVERY_MS);
    this.#firstProbe = setTimeout(this.#probe, FIRST_PROBE_MS);
    this.#say("opened");
  }

  #heard(data: ArrayBuffer): void {
    const now = performance.now();
    this.#heardAt = now;
    if (!this.#opened) return;
    if (!this.#pictured) {
      this.#pictured = true;
      // Decoded in this turn, on the canvas with the next frame.
      requestAnimationFrame(() => requestAnimationFrame(() => !this.#over && this.#say("firstPicture")));
    }
    if (this.#askedAt === null || !holdsAnswer(new Uint8Array(data))) return;
    this.#samples = [...this.#samples.slice(-2), now - this.#askedAt];
    this.#askedAt = null;
    this.#say("latency", middle(this.#samples));
  }

  /** Hidden pages are not asked and their timers are slow: silence counts from the moment the page is seen again. */
  readonly #turned = (): void => {
    this.#askedAt = null;
    this.#heardAt = performance.now();
    this.#probe();
  };

  readonly #probe = (): void => {
    if (!this.#opened || this.#over || document.visibilityState !== "visible") return;
    const now = performance.now();
    if (now - this.#heardAt > SILENT_MS) {
      this.close(NO_REASON);
      return;
    }
    if (this.#askedAt !== null) {
      // The last question has had no answer in time: the number on show is no longer true.
      this.#samples = [];
      this.#say("latency", null);
    }
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#askedAt = now;
    this.#socket.send(PROBE);
  };

  #end(code: number): void {
    if (this.#over) return;
    this.#quiet();
    this.#say("closed", code);
  }

  #quiet(): void {
    if (this.#over) return;
    const screen = this.canvas;
    if (this.#pictured && screen) this.#say("lastPicture", screen);
    this.#over = true;
    clearTimeout(this.#openLimit);
    clearTimeout(this.#firstProbe);
    clearInterval(this.#prober);
    document.removeEventListener("visibilitychange", this.#turned);
  }

  /** The canvas is noVNC's; its name, and the way out of it, are ours. */
  #describe(name: string, hintId: string): void {
    const canvas = this.canvas;
    if (!canvas) return;
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", `Screen of ${name}`);
    canvas.setAttribute("aria-describedby", hintId);
    canvas.dataset.testid = "screen";
  }
}
