/** A kind of error: the tag that `data` is narrowed by. */
export type ErrorKind = keyof ErrorContexts;

/** What every error of the sidecar carries, discriminated by `kind`. */
export type ErrorData<K extends ErrorKind = ErrorKind> = {
  [Kind in K]: {
    kind: Kind;
    context: ErrorContexts[Kind];
    causes: Cause[];
    suggestion: string | null;
    retryable: boolean;
    traceId: string;
  };
}[K];

/** An error that the sidecar answered, or the loss of the connection to it. */
export class RpcError<K extends ErrorKind = ErrorKind> extends Error {
  override readonly name = "RpcError";
  readonly code: number;
  readonly data: ErrorData<K>;

  constructor(code: number, message: string, data: ErrorData<K>) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** Whether something caught is an error of the sidecar, of one kind if named; narrows `data.context`. */
export function isRpcError(caught: unknown): caught is RpcError;
export function isRpcError<K extends ErrorKind>(caught: unknown, kind: K): caught is RpcError<K>;
export function isRpcError(caught: unknown, kind?: ErrorKind): boolean {
  return caught instanceof RpcError && (kind === undefined || caught.data.kind === kind);
}

/** Carries messages, one JSON text each, in order and both ways. */
export interface Transport {
  /** Send one message. */
  send(message: string): void;
  /** Call `message` for each that arrives and `closed` once, when no more can; called by the client, once. */
  start(handlers: { message: (text: string) => void; closed: (reason: string) => void }): void;
  /** Close for good. */
  close(): void;
}

/** Values that arrive while a request is under way; set `onmessage`, pass it as `onProgress`. */
export class Channel<T> {
  onmessage: (message: T) => void;

  constructor(onmessage: (message: T) => void = () => {}) {
    this.onmessage = onmessage;
  }
}

export interface InvokeOptions {
  /** Aborting it cancels the request; the promise then rejects with kind `cancelled`, unless the result came first. */
  signal?: AbortSignal;
  /** Hears of progress, at most 20 times a second. */
  onProgress?: Channel<Progress> | ((value: Progress) => void);
}

export interface Event<T extends keyof Topics> {
  event: T;
  /** Counts events of this `listen` from 1. */
  id: number;
  payload: Topics[T];
}

export type EventCallback<T extends keyof Topics> = (event: Event<T>) => void;
export type UnlistenFn = () => void;

export interface ListenOptions {
  /** Only events of this project. */
  projectId?: string;
  /** Only events of this job. */
  jobId?: string;
}

interface Pending {
  settle: (message: Answer) => void;
  reject: (error: unknown) => void;
}

interface Answer {
  id: number;
  result?: unknown;
  error?: { code: number; message: string; data?: ErrorData };
}

interface Notice {
  method: string;
  params: { token?: number; value?: Progress; subscription?: string; topic?: string; seq?: number; payload?: unknown };
}

/** One connection. Methods that take long are cancelled by `signal`; losing the connection rejects all that wait. */
export class Client {
  #transport: Transport;
  #next = 0;
  #lost: string | null = null;
  #pending = new Map<number, Pending>();
  #progress = new Map<number, (value: Progress) => void>();
  #listeners = new Map<string, (seq: number, payload: unknown) => void>();
  #subscribing = 0;
  #early: Notice["params"][] = [];

  constructor(transport: Transport) {
    this.#transport = transport;
    transport.start({ message: (text) => this.#receive(text), closed: (reason) => this.#lose(reason) });
  }

  /** Call a method. Rejects with `RpcError`; `data.kind` is one of `Methods[M]["errors"]` or `CommonErrorKind`. */
  invoke<M extends keyof Methods>(
    method: M,
    ...[params, options]: {} extends Methods[M]["params"]
      ? [params?: Methods[M]["params"], options?: InvokeOptions]
      : [params: Methods[M]["params"], options?: InvokeOptions]
  ): Promise<Methods[M]["result"]> {
    return this.#request(method, { ...params }, options ?? {}, (result) => result as Methods[M]["result"]);
  }

  /** Hear of a topic until the returned function is called. What a topic already has to say comes as the first event. */
  async listen<T extends keyof Topics>(topic: T, handler: EventCallback<T>, options: ListenOptions = {}): Promise<UnlistenFn> {
    let count = 0;
    let stopped = false;
    let current = "";
    const emit = (payload: unknown): void => {
      if (!stopped) handler({ event: topic, id: ++count, payload: payload as Topics[T] });
    };
    const subscribe = async (): Promise<void> => {
      this.#subscribing++;
      try {
        await this.#request("events.subscribe", { topics: [topic], ...options }, {}, (result) => {
          const { subscription, seq, snapshots } = result as Subscribed;
          let last = seq;
          current = subscription;
          this.#listeners.set(subscription, (at, payload) => {
            const gap = at > last + 1;
            last = at;
            emit(payload);
            if (gap) void renew(subscription);
          });
          if (snapshots[topic] != null) emit(snapshots[topic]);
          this.#deliverEarly(subscription);
          if (stopped) this.#unsubscribe(subscription);
        });
      } finally {
        if (--this.#subscribing === 0) this.#early = [];
      }
    };
    const renew = async (subscription: string): Promise<void> => {
      this.#unsubscribe(subscription);
      if (!stopped) await subscribe().catch(() => {});
    };
    await subscribe();
    return () => {
      if (stopped) return;
      stopped = true;
      this.#unsubscribe(current);
    };
  }

  /** Hear of one event of a topic. */
  async once<T extends keyof Topics>(topic: T, handler: EventCallback<T>, options: ListenOptions = {}): Promise<UnlistenFn> {
    let done = false;
    let stop: UnlistenFn = () => {};
    stop = await this.listen(
      topic,
      (event) => {
        if (done) return;
        done = true;
        stop();
        handler(event);
      },
      options,
    );
    if (done) stop();
    return stop;
  }

  /** Close the connection; whatever still waits is rejected with kind `connectionLost`. */
  close(): void {
    this.#transport.close();
    this.#lose("closed by the client");
  }

  #request<R>(method: string, params: object, options: InvokeOptions, read: (result: unknown) => R): Promise<R> {
    const id = this.#next++;
    const { signal, onProgress } = options;
    return new Promise<R>((resolve, reject) => {
      if (this.#lost !== null) return reject(connectionLost(this.#lost));
      if (signal?.aborted) return reject(cancelled());
      const cancel = (): void => this.#send({ method: "$/cancelRequest", params: { id } });
      const end = (): void => {
        this.#pending.delete(id);
        this.#progress.delete(id);
        signal?.removeEventListener("abort", cancel);
      };
      this.#pending.set(id, {
        settle: (answer) => {
          end();
          if (answer.error) reject(asError(answer.error));
          else resolve(read(answer.result));
        },
        reject: (error) => {
          end();
          reject(error);
        },
      });
      if (onProgress) this.#progress.set(id, (value) => (onProgress instanceof Channel ? onProgress.onmessage(value) : onProgress(value)));
      signal?.addEventListener("abort", cancel);
      this.#send({ id, method, params: onProgress ? { ...params, progressToken: id } : params });
    });
  }

  #send(message: object): void {
    this.#transport.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
  }

  #unsubscribe(subscription: string): void {
    this.#listeners.delete(subscription);
    if (this.#lost === null) this.#request("events.unsubscribe", { subscription }, {}, () => {}).catch(() => {});
  }

  #receive(text: string): void {
    const message = JSON.parse(text) as Answer | Notice;
    if ("method" in message) this.#notice(message);
    else this.#pending.get(message.id)?.settle(message);
  }

  #notice({ method, params }: Notice): void {
    if (method === "$/progress" && params.token !== undefined && params.value) this.#progress.get(params.token)?.(params.value);
    if (method !== "$/event" || params.subscription === undefined || params.seq === undefined) return;
    const listener = this.#listeners.get(params.subscription);
    if (listener) listener(params.seq, params.payload);
    else if (this.#subscribing > 0) this.#early.push(params);
  }

  /** Events may overtake the answer that names their subscription. */
  #deliverEarly(subscription: string): void {
    const early = this.#early.filter((params) => params.subscription === subscription);
    this.#early = this.#early.filter((params) => params.subscription !== subscription);
    for (const params of early) this.#listeners.get(subscription)?.(params.seq ?? 0, params.payload);
  }

  #lose(reason: string): void {
    if (this.#lost !== null) return;
    this.#lost = reason;
    this.#listeners.clear();
    for (const pending of [...this.#pending.values()]) pending.reject(connectionLost(reason));
  }
}

/** Initialize a connection over a transport and return the client with what the sidecar said of itself. */
export async function connect(transport: Transport, params: Omit<Initialize, "protocol">): Promise<{ client: Client; initialized: Initialized }> {
  const client = new Client(transport);
  const initialized = await client.invoke("initialize", { protocol: PROTOCOL, schemaHash: SCHEMA_HASH, ...params });
  return { client, initialized };
}

function asError(error: { code: number; message: string; data?: ErrorData }): RpcError {
  return new RpcError(error.code, error.message, error.data ?? data("internal", {}));
}

function connectionLost(detail: string): RpcError<"connectionLost"> {
  return new RpcError(ERROR_CODES.connectionLost, `The connection to the sidecar is lost: ${detail}`, data("connectionLost", { detail }, true));
}

function cancelled(): RpcError<"cancelled"> {
  return new RpcError(ERROR_CODES.cancelled, "Cancelled", data("cancelled", { reason: "requested" }, true));
}

function data<K extends ErrorKind>(kind: K, context: ErrorContexts[K], retryable = false): ErrorData<K> {
  return { kind, context, causes: [], suggestion: null, retryable, traceId: "" } as ErrorData<K>;
}
