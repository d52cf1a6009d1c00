/** A connection that comes back: the client of now, and listeners that outlive it. */
import { createStore, type StoreApi } from "zustand/vanilla";
import {
  Client,
  connect,
  isRpcError,
  type EventCallback,
  type Initialize,
  type Initialized,
  type InvokeOptions,
  type ListenOptions,
  type Methods,
  type Topics,
  type Transport,
  type UnlistenFn,
} from "../generated/client";

export interface SessionState {
  /** `lost`: it is tried again. `failed`: for good, `reason` says why. */
  state: "connecting" | "connected" | "lost" | "failed";
  reason: string | null;
  initialized: Initialized | null;
}

/** Makes a new transport, once the sidecar can be reached; rejects when that cannot be told now. */
export type Reach = (signal: AbortSignal) => Promise<Transport>;

interface Listener {
  start(client: Client): Promise<void>;
  stop: UnlistenFn;
}

const DELAYS = [100, 200, 400, 800, 1600, 3000];
/** Milliseconds until a topic is asked for again. */
const LISTEN_AGAIN = 500;

export class Session {
  readonly store: StoreApi<SessionState> = createStore(() => ({ state: "connecting", reason: null, initialized: null }));
  readonly #reach: Reach;
  readonly #params: Omit<Initialize, "protocol">;
  readonly #listeners = new Set<Listener>();
  readonly #renewals = new Set<() => Promise<void> | void>();
  readonly #stop = new AbortController();
  #client: Client | null = null;

  constructor(reach: Reach, params: Omit<Initialize, "protocol">) {
    this.#reach = reach;
    this.#params = params;
  }

  /** Connect, and again whenever the connection is lost, until `close` or `fail`. */
  async run(): Promise<void> {
    for (let attempt = 0; !this.#stop.signal.aborted; attempt++) {
      try {
        const { lost } = await this.#once();
        attempt = 0;
        this.#become({ state: "lost", reason: await lost });
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (isRpcError(error, "unsupportedProtocol")) return this.fail(error.message);
        this.#become({ state: attempt === 0 && !this.store.getState().initialized ? "connecting" : "lost", reason: String(error) });
      }
      await wait(DELAYS[Math.min(attempt, DELAYS.length - 1)] ?? 0, this.#stop.signal);
    }
  }

  /** The client of now. Calls while there is none reject with kind `connectionLost`. */
  invoke<M extends keyof Methods>(method: M, params: Methods[M]["params"], options: InvokeOptions = {}): Promise<Methods[M]["result"]> {
    const client = this.#client ?? new Client(nowhere(this.store.getState().reason ?? "not connected"));
    const call = client.invoke.bind(client) as (m: M, p: Methods[M]["params"], o: InvokeOptions) => Promise<Methods[M]["result"]>;
    return call(method, params, options);
  }

  /** Hear of a topic, over all connections, until the returned function is called. */
  listen<T extends keyof Topics>(topic: T, handler: EventCallback<T>, options: ListenOptions = {}): UnlistenFn {
    let stopped = false;
    const listener: Listener = {
      start: async (client) => {
        const stop = await client.listen(topic, handler, options);
        if (stopped) stop();
        else listener.stop = stop;
      },
      stop: () => {},
    };
    this.#listeners.add(listener);
    if (this.#client) void this.#start(listener, this.#client);
    return () => {
      stopped = true;
      this.#listeners.delete(listener);
      listener.stop();
    };
  }

  /** Have something done after each reconnection, before the page is told that it is connected. */
  onRenewed(renew: () => Promise<void> | void): UnlistenFn {
    this.#renewals.add(renew);
    return () => void this.#renewals.delete(renew);
  }

  /** Give up, and say why. */
  fail(reason: string): void {
    this.#stop.abort();
    this.#client?.close();
    this.#become({ state: "failed", reason });
  }

  close(): void {
    this.fail("closed by the page");
  }

  async #once(): Promise<{ lost: Promise<string> }> {
    const transport = await this.#reach(this.#stop.signal);
    let told: (reason: string) => void = () => {};
    const lost = new Promise<string>((resolve) => (told = resolve));
    const watched: Transport = {
      send: (text) => transport.send(text),
      start: ({ message, closed }) => transport.start({ message, closed: (reason) => (closed(reason), told(reason)) }),
      close: () => transport.close(),
    };
    let opened: Client | null = null;
    const leave = (): void => {
      if (opened !== null && this.#client === opened) this.#client = null;
    };
    void lost.then(leave);
    try {
      const { client, initialized } = await connect(watched, this.#params);
      opened = client;
      this.#stop.signal.throwIfAborted();
      this.#client = client;
      this.#become({ initialized });
      await Promise.all([...this.#listeners].map((listener) => listener.start(client)));
      for (const renew of this.#renewals) await renew();
      this.#become({ state: "connected", reason: null });
      return { lost };
    } catch (error) {
      leave();
      (opened ?? transport).close();
      throw error;
    }
  }

  /** Begin to listen on a connection; what it has no room for now is asked again while it lasts. */
  async #start(listener: Listener, client: Client): Promise<void> {
    while (this.#client === client && this.#listeners.has(listener)) {
      try {
        return await listener.start(client);
      } catch (error) {
        if (!isRpcError(error) || !error.data.retryable) return;
        await wait(LISTEN_AGAIN, this.#stop.signal);
      }
    }
  }

  #become(state: Partial<SessionState>): void {
    if (this.store.getState().state !== "failed") this.store.setState(state);
  }
}

function nowhere(reason: string): Transport {
  return { send: () => {}, start: ({ closed }) => closed(reason), close: () => {} };
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
