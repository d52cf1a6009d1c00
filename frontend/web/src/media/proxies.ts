/** Small files that stand for large ones while playing: made when asked for, one after the other by the sidecar. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Proxy } from "../generated/client";
import type { Session } from "../transport/session";

export interface ProxyWork {
  /** 0 to 1; null until it is known. */
  fraction: number | null;
  stop: () => void;
}

export class Proxies {
  /** What is being made, by the paths of the large files. */
  readonly store: StoreApi<{ work: ReadonlyMap<string, ProxyWork> }> = createStore(() => ({ work: new Map() }));
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Make one. Rejects with what the sidecar says, `cancelled` once it is stopped. */
  async make(path: string): Promise<Proxy> {
    const aborting = new AbortController();
    const stop = (): void => aborting.abort();
    this.#put(path, { fraction: null, stop });
    try {
      return await this.#session.invoke(
        "media.proxy",
        { path },
        {
          signal: aborting.signal,
          onProgress: (value) => {
            if (value.kind === "report" && value.total) this.#put(path, { fraction: Math.min(1, value.done / value.total), stop });
          },
        },
      );
    } finally {
      this.#put(path, null);
    }
  }

  #put(path: string, work: ProxyWork | null): void {
    this.store.setState((old) => {
      const next = new Map(old.work);
      if (work) next.set(path, work);
      else next.delete(path);
      return { work: next };
    });
  }
}
