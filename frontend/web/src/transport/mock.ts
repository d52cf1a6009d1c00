/** A transport for tests of components: answers come from functions, or from lines that were recorded. */
import type { ErrorData, Methods, Topics, Transport } from "../generated/client";

type Answers = { [M in keyof Methods]?: (params: Methods[M]["params"]) => Methods[M]["result"] | Promise<Methods[M]["result"]> };

interface Request {
  id?: number;
  method: keyof Methods;
  params: never;
}

/** Answers as functions say; a method without one is `methodNotFound`. Errors that are thrown are answered. */
export class MockTransport implements Transport {
  readonly sent: { method: string; params: Record<string, unknown> }[] = [];
  readonly #answers: Answers;
  #handlers: Parameters<Transport["start"]>[0] | null = null;
  #subscriptions = new Map<string, { id: string; seq: number }[]>();
  #count = 0;

  constructor(answers: Answers = {}) {
    this.#answers = answers;
  }

  start(handlers: Parameters<Transport["start"]>[0]): void {
    this.#handlers = handlers;
  }

  send(text: string): void {
    const { id, method, params } = JSON.parse(text) as Request;
    this.sent.push({ method, params });
    if (id !== undefined) void this.#answer(id, method, params);
  }

  close(): void {
    this.lose("closed");
  }

  /** End the connection, as a sidecar does that crashes. */
  lose(reason: string): void {
    const handlers = this.#handlers;
    this.#handlers = null;
    handlers?.closed(reason);
  }

  /** Tell everybody who has subscribed to a topic. */
  emit<T extends keyof Topics>(topic: T, payload: Topics[T]): void {
    for (const subscription of this.#subscriptions.get(topic) ?? []) {
      this.receive({ method: "$/event", params: { subscription: subscription.id, topic, seq: ++subscription.seq, payload } });
    }
  }

  async #answer(id: number, method: keyof Methods, params: never): Promise<void> {
    try {
      this.receive({ id, result: await this.#result(method, params) });
    } catch (error) {
      const known = error as { code?: number; message?: string; data?: ErrorData };
      this.receive({ id, error: { code: known.code ?? -32603, message: known.message ?? "", data: known.data } });
    }
  }

  #result(method: keyof Methods, params: never): unknown {
    const answer = this.#answers[method] as ((params: unknown) => unknown) | undefined;
    if (answer) return answer(params);
    if (method === "events.subscribe") return this.#subscribe((params as { topics: string[] }).topics);
    if (method === "events.unsubscribe") return {};
    throw Object.assign(new Error(`no answer for ${method}`), { code: -32601 });
  }

  #subscribe(topics: string[]): unknown {
    const id = `s${++this.#count}`;
    for (const topic of topics) this.#subscriptions.set(topic, [...(this.#subscriptions.get(topic) ?? []), { id, seq: 0 }]);
    return { subscription: id, seq: 0, snapshots: {} };
  }

  /** Have a message arrive. */
  receive(message: object): void {
    this.#handlers?.message(JSON.stringify({ jsonrpc: "2.0", ...message }));
  }
}
