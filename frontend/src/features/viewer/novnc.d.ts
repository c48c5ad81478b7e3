// The part of noVNC's client that the viewer uses. Its package has one entry (core/rfb.js) and brings no types.
declare module "@novnc/novnc" {
  interface RfbEvents {
    connect: CustomEvent<object>;
    disconnect: CustomEvent<{ clean: boolean }>;
    clipboard: CustomEvent<{ text: string }>;
    /** Whether the picture is larger than its place and cut off. */
    clippingviewport: CustomEvent<boolean>;
    credentialsrequired: CustomEvent<{ types: string[] }>;
  }

  export default class RFB {
    constructor(target: Element, channel: WebSocket, options?: { shared?: boolean });
    addEventListener<T extends keyof RfbEvents>(type: T, listener: (event: RfbEvents[T]) => void): void;
    scaleViewport: boolean;
    clipViewport: boolean;
    resizeSession: boolean;
    dragViewport: boolean;
    showDotCursor: boolean;
    qualityLevel: number;
    compressionLevel: number;
    /** Any CSS background, shown around the picture. */
    background: string;
    disconnect(): void;
    focus(options?: FocusOptions): void;
    sendKey(keysym: number, code: string | null, down?: boolean): void;
    clipboardPasteFrom(text: string): void;
  }
}
