/** The shell's window: calls into Python by pywebview, messages from it by `window.__sidecar`. */
import type { Transport } from "../generated/client";

/** Where the sidecar is, as the shell that supervises it says. */
export interface SidecarState {
  state: "starting" | "ready" | "restarting" | "failed";
  reason: string | null;
}

/** What the shell tells the page of its own accord. */
export interface HostEvents {
  drop: { paths: string[] };
  "close.asked": Record<string, never>;
  sidecar: SidecarState;
}

interface ShellApi {
  /** Hand one JSON-RPC text to the sidecar. */
  send(text: string): Promise<null>;
  host(method: string, params: object): Promise<unknown>;
}

/** What Python calls. `receive` gets texts in order, all that wait at once. */
interface Inbox {
  receive(texts: string[]): void;
  host<E extends keyof HostEvents>(event: E, payload: HostEvents[E]): void;
}

declare global {
  interface Window {
    pywebview?: { api?: Partial<ShellApi> };
    __sidecar?: Inbox;
  }
}

/** The page's end of the bridge: one a window, over which transports come and go as the sidecar does. */
export class Bridge {
  readonly #api: ShellApi;
  #receive: ((text: string) => void) | null = null;
  #closed: ((reason: string) => void) | null = null;
  readonly #listeners = new Map<keyof HostEvents, Set<(payload: never) => void>>();

  constructor(api: ShellApi) {
    this.#api = api;
    window.__sidecar = {
      receive: (texts) => {
        for (const text of texts) this.#receive?.(text);
      },
      host: (event, payload) => {
        if (event === "sidecar") this.#follow(payload as SidecarState);
        for (const listener of this.#listeners.get(event) ?? []) listener(payload as never);
      },
    };
  }

  /** Call the shell itself; rejects with what it says is wrong. */
  host(method: string, params: object = {}): Promise<unknown> {
    return this.#api.host(method, params);
  }

  /** Hear of an event of the shell until the returned function is called. */
  on<E extends keyof HostEvents>(event: E, listener: (payload: HostEvents[E]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /** A transport to the sidecar that runs now; it is closed when that one ends. */
  transport(): Transport {
    return {
      send: (text) => {
        this.#api.send(text).catch((error: unknown) => this.#close(String(error)));
      },
      start: ({ message, closed }) => {
        this.#receive = message;
        this.#closed = closed;
      },
      close: () => this.#close("closed by the page"),
    };
  }

  #follow({ state, reason }: SidecarState): void {
    if (state === "restarting" || state === "failed") this.#close(reason ?? "the sidecar has ended");
  }

  #close(reason: string): void {
    const closed = this.#closed;
    this.#receive = this.#closed = null;
    closed?.(reason);
  }
}

/** The bridge of the window that this page is shown in; null where no shell answers within `milliseconds`. */
export async function findBridge(milliseconds: number): Promise<Bridge | null> {
  const api = (): ShellApi | null => {
    const found = window.pywebview?.api;
    return found?.send && found.host ? (found as ShellApi) : null;
  };
  if (!api()) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      window.addEventListener("pywebviewready", () => (clearTimeout(timer), resolve()), { once: true });
    });
  }
  const found = api();
  return found && new Bridge(found);
}
