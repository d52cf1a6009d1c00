import type { Transport } from "../generated/client";

/** The sidecar's `/rpc`. What is sent before it is open is sent when it is. */
export class WebSocketTransport implements Transport {
  readonly #socket: WebSocket;
  #early: string[] = [];

  /** `url` is `ws://…/rpc`; `token` is that of `initialize`, or of the page's address. */
  constructor(url: string, token: string) {
    this.#socket = new WebSocket(url, ["sidecar.v1", `bearer.${token}`]);
  }

  send(message: string): void {
    if (this.#socket.readyState === WebSocket.CONNECTING) this.#early.push(message);
    else if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(message);
  }

  start({ message, closed }: Parameters<Transport["start"]>[0]): void {
    this.#socket.addEventListener("open", () => {
      for (const text of this.#early) this.#socket.send(text);
      this.#early = [];
    });
    this.#socket.addEventListener("message", (event: MessageEvent<string>) => message(event.data));
    this.#socket.addEventListener("close", (event) => closed(event.reason || `closed with ${event.code}`));
  }

  close(): void {
    this.#socket.close();
  }
}
