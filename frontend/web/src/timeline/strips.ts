/** Small pictures of files for clips: asked for in few requests, kept by file and instant. */

import { createStore, type StoreApi } from "zustand/vanilla";
import { isRpcError, type MediaInfo } from "../generated/client";
import { parse, toNumber } from "../project/time";
import type { Session } from "../transport/session";

export const STRIP_HEIGHT = 90;
const MOST_AT_ONCE = 24;
const MOST_KEPT = 4000;

export interface Picture {
  readonly url: string;
  /** Width over height. */
  readonly aspect: number;
}

interface Wish {
  readonly path: string;
  /** Of the file's content: another file in its place has other pictures. */
  readonly fingerprint: string;
  readonly stream: number;
  readonly times: Set<number>;
}

/** Pictures lie on a grid of seconds that doubles, so that zooming finds half of them again. */
export function gridFor(seconds: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(seconds, 1 / 64)));
}

export class Strips {
  /** Counts up whenever pictures have come. */
  readonly store: StoreApi<{ version: number }> = createStore(() => ({ version: 0 }));
  readonly #session: Session;
  readonly #pictures = new Map<string, Picture | null>();
  readonly #wanted = new Map<string, Wish>();
  #asking = false;

  constructor(session: Session) {
    this.#session = session;
  }

  /** The picture of a file at an instant; what is not there is asked for. */
  at({ path, fingerprint }: Pick<MediaInfo, "path" | "fingerprint">, stream: number, seconds: number): Picture | null {
    const key = keyOf(fingerprint, stream, seconds);
    const known = this.#pictures.get(key);
    if (known !== undefined) return known;
    const file = `${stream} ${fingerprint}`;
    const wish = this.#wanted.get(file) ?? { path, fingerprint, stream, times: new Set() };
    wish.times.add(seconds);
    this.#wanted.set(file, wish);
    if (!this.#asking) {
      this.#asking = true;
      // What one drawing asks for is one request.
      setTimeout(() => void this.#ask(), 60);
    }
    return null;
  }

  async #ask(): Promise<void> {
    try {
      for (let next = this.#next(); next !== null; next = this.#next()) await this.#fetch(next, [...next.times]);
    } finally {
      this.#asking = false;
    }
  }

  /** The newest wishes first: the others may be off the screen already. */
  #next(): Wish | null {
    const last = [...this.#wanted].at(-1);
    if (last === undefined) return null;
    const [file, wish] = last;
    const times = new Set([...wish.times].slice(-MOST_AT_ONCE));
    for (const time of times) wish.times.delete(time);
    if (wish.times.size === 0) this.#wanted.delete(file);
    return { ...wish, times };
  }

  async #fetch({ path, fingerprint, stream }: Wish, times: readonly number[]): Promise<void> {
    for (const time of times) this.#put(keyOf(fingerprint, stream, time), null);
    try {
      const { frames } = await this.#session.invoke("media.filmstrip", { path, videoStream: stream, times: [...times], height: STRIP_HEIGHT });
      for (const [index, { image }] of frames.entries()) {
        const time = times[index];
        if (image === null || time === undefined) continue;
        this.#put(keyOf(fingerprint, stream, time), { url: image.url, aspect: (image.width ?? 16) / (image.height ?? 9) });
      }
      this.store.setState(({ version }) => ({ version: version + 1 }));
    } catch (error) {
      // A file without pictures has none; the clip shows its name.
      if (!isRpcError(error)) throw error;
      if (error.data.retryable) for (const time of times) this.#pictures.delete(keyOf(fingerprint, stream, time));
    }
  }

  #put(key: string, picture: Picture | null): void {
    this.#pictures.delete(key);
    this.#pictures.set(key, picture);
    for (const oldest of this.#pictures.keys()) {
      if (this.#pictures.size <= MOST_KEPT) return;
      this.#pictures.delete(oldest);
    }
  }
}

function keyOf(fingerprint: string, stream: number, seconds: number): string {
  return `${stream} ${seconds} ${fingerprint}`;
}

/** Seconds as a number, for drawing. */
export function drawnSeconds(value: number | string): number {
  return typeof value === "number" ? value : toNumber(parse(value));
}
