/** Small pictures of files, each asked for once: how one looks, and a strip to skim through. */
import type { MediaInfo } from "../generated/client";
import type { Session } from "../transport/session";

const HEIGHT = 180;
const STRIP = 24;
const AT_ONCE = 3;
const PEAKS = 300;

/** Lowest and highest, −1 to 1. */
export interface Peaks {
  min: readonly number[];
  max: readonly number[];
}

/** URLs of pictures; a file that changes has another fingerprint, and is asked for anew. */
export class Pictures {
  readonly #session: Session;
  readonly #kept = new Map<string, Promise<unknown>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** One picture from the middle of the file; null where it has none that can be shown. */
  poster(info: MediaInfo): Promise<string | null> {
    return this.#once(`poster ${info.fingerprint}`, async () => (await this.#strip(info, 1))[0] ?? null);
  }

  /** Pictures of the whole file, first to last. */
  strip(info: MediaInfo): Promise<string[]> {
    return this.#once(`strip ${info.fingerprint}`, () => this.#strip(info, STRIP));
  }

  /** The outline of the first sound stream. */
  peaks(info: MediaInfo): Promise<Peaks> {
    return this.#once(`peaks ${info.fingerprint}`, () => this.#peaks(info));
  }

  async #strip({ path }: MediaInfo, count: number): Promise<string[]> {
    const { frames } = await this.#session.invoke("media.filmstrip", { path, count, height: HEIGHT });
    return frames.flatMap(({ image }) => image?.url ?? []);
  }

  async #peaks({ path, audio, duration }: MediaInfo): Promise<Peaks> {
    const [num = 0, den = 1] = (duration ?? "0").split("/").map(Number);
    const wanted = ((audio[0]?.sampleRate ?? 48_000) * num) / den / PEAKS;
    const level = LEVELS.find((each) => each >= wanted) ?? LEVELS[LEVELS.length - 1] ?? 64;
    const { data, bits } = await this.#session.invoke("media.waveform", { path, samplesPerPixel: level, bits: 8, inline: true });
    const full = 2 ** (bits - 1);
    return { min: (data?.[0]?.min ?? []).map((value) => value / full), max: (data?.[0]?.max ?? []).map((value) => value / full) };
  }

  /** What failed is tried again the next time. */
  #once<T>(key: string, make: () => Promise<T>): Promise<T> {
    const kept = this.#kept.get(key) as Promise<T> | undefined;
    if (kept) return kept;
    const made = this.#inTurn(make);
    this.#kept.set(key, made);
    made.catch(() => this.#kept.delete(key));
    return made;
  }

  async #inTurn<T>(make: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
    try {
      return await make();
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }
}

const LEVELS = [64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072, 262144, 524288, 1048576] as const;
