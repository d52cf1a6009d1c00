/** Peaks of files for clips, read from the sidecar's files in audiowaveform's format. */

import { createStore, type StoreApi } from "zustand/vanilla";
import { isRpcError, type MediaInfo, type MediaWaveform } from "../generated/client";
import { parse, toNumber } from "../project/time";
import type { Session } from "../transport/session";

type Zoom = NonNullable<MediaWaveform["samplesPerPixel"]>;

const ZOOMS: readonly Zoom[] = [256, 1024, 4096, 16_384, 65_536];
const HEADER = 24;

/** Lowest and highest of each pixel in turn, −1 to 1. */
export interface Peaks {
  readonly perSecond: number;
  readonly values: Int16Array | Int8Array;
  readonly full: number;
  /** Seconds at which the first pixel begins. */
  readonly start: number;
}

export class PeakFiles {
  /** Counts up whenever peaks have come. */
  readonly store: StoreApi<{ version: number }> = createStore(() => ({ version: 0 }));
  readonly #session: Session;
  readonly #peaks = new Map<string, Peaks | null>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** Peaks of a file that are fine enough for so many pixels a second; what is not there is asked for. */
  of({ path, fingerprint, audio }: Pick<MediaInfo, "path" | "fingerprint" | "audio">, stream: number, pixelsPerSecond: number): Peaks | null {
    const sampleRate = audio[stream]?.sampleRate ?? 48_000;
    const zoom = ZOOMS.findLast((each) => sampleRate / each >= pixelsPerSecond) ?? ZOOMS[0] ?? 256;
    const key = `${stream} ${zoom} ${fingerprint}`;
    const known = this.#peaks.get(key);
    if (known !== undefined) return known;
    this.#peaks.set(key, null);
    void this.#fetch(key, path, stream, zoom);
    return null;
  }

  async #fetch(key: string, path: string, stream: number, zoom: Zoom): Promise<void> {
    try {
      const { dat, start } = await this.#session.invoke("media.waveform", { path, audioStream: stream, samplesPerPixel: zoom, bits: 8 });
      const response = await fetch(dat.url);
      if (!response.ok) throw new TypeError(`peaks: ${response.status}`);
      this.#peaks.set(key, readPeaks(await response.arrayBuffer(), toNumber(parse(start))));
      this.store.setState(({ version }) => ({ version: version + 1 }));
    } catch (error) {
      // A file whose sound cannot be read shows none; lost connections are asked again when it is next drawn.
      if (isRpcError(error) ? error.data.retryable : error instanceof TypeError) this.#peaks.delete(key);
      else if (!isRpcError(error)) throw error;
    }
  }
}

/** Read audiowaveform's binary format, version 2, of one channel. Raises RangeError for anything else. */
export function readPeaks(bytes: ArrayBuffer, start: number): Peaks {
  const view = new DataView(bytes);
  const [version, flags, rate, perPixel, length, channels] = [0, 4, 8, 12, 16, 20].map((at) => view.getInt32(at, true));
  if (version !== 2 || channels !== 1 || !rate || !perPixel || length === undefined) throw new RangeError("these are no peaks of one channel");
  const values = flags === 1 ? new Int8Array(bytes, HEADER, 2 * length) : new Int16Array(bytes, HEADER, 2 * length);
  return { perSecond: rate / perPixel, values, full: flags === 1 ? 128 : 32_768, start };
}

/** Lowest and highest between two instants, as parts of full scale; null beyond the sound. */
export function extremes(peaks: Peaks, from: number, to: number): readonly [number, number] | null {
  const first = Math.max(0, Math.floor((from - peaks.start) * peaks.perSecond));
  const last = Math.min(peaks.values.length / 2, Math.max(first + 1, Math.ceil((to - peaks.start) * peaks.perSecond)));
  if (last <= first) return null;
  let [low, high] = [0, 0];
  for (let index = 2 * first; index < 2 * last; index += 2) {
    low = Math.min(low, peaks.values[index] ?? 0);
    high = Math.max(high, peaks.values[index + 1] ?? 0);
  }
  return [low / peaks.full, high / peaks.full];
}
