/** Exact frames on screen. One is being made at a time; of what is wanted meanwhile only the newest counts. */
import { isRpcError, type PreviewPicture } from "../generated/client";
import type { Session } from "../transport/session";

export interface Wanted {
  projectId: string;
  revision: number;
  frame: number;
  /** In the screen's pixels; the height follows. */
  width: number;
  /** `proxy`: small files may stand for large ones, where there are some. The frame is the same. */
  media: "original" | "proxy";
}

export interface Shown {
  image: HTMLImageElement;
  frame: number;
  revision: number;
}

const VIEW = "viewer";

export class Frames {
  readonly #session: Session;
  readonly #show: (shown: Shown) => void;
  readonly #fail: (error: unknown, wanted: Wanted) => void;
  #wanted: Wanted | null = null;
  #asked: Wanted | null = null;
  /** Pictures are numbered as they come; one that is decoded after a later one is not shown. */
  #turn = 0;
  #presented = 0;
  #running: { wanted: Wanted; stop: AbortController } | null = null;

  /** `show` is given a picture that is decoded already; `fail` what stands in the way of one. */
  constructor(session: Session, show: (shown: Shown) => void, fail: (error: unknown, wanted: Wanted) => void) {
    this.#session = session;
    this.#show = show;
    this.#fail = fail;
  }

  /**
   * Have a frame shown. While the playhead is dragged (`patient`) the picture that is being made is waited for, so that
   * there is always one to see; else it is given up at once.
   */
  want(wanted: Wanted, patient: boolean): void {
    this.#wanted = wanted;
    if (!this.#running) void this.#run();
    else if (!patient && !same(this.#running.wanted, wanted)) this.#running.stop.abort();
  }

  /** Ask again for what failed, or for what another connection has to make anew. */
  again(): void {
    this.#asked = null;
    if (this.#wanted && !this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    for (let wanted = this.#wanted; wanted && !(this.#asked && same(wanted, this.#asked)); wanted = this.#wanted) {
      const stop = new AbortController();
      this.#running = { wanted, stop };
      try {
        const picture = await this.#ask(wanted, stop.signal);
        // Read and decoded while the next is made.
        void this.#present(picture, wanted);
      } catch (error) {
        if (isRpcError(error, "cancelled")) continue;
        this.#fail(error, wanted);
      }
      this.#asked = wanted;
    }
    this.#running = null;
  }

  async #present(picture: PreviewPicture, wanted: Wanted): Promise<void> {
    const turn = ++this.#turn;
    try {
      const image = await decode(picture);
      if (turn < this.#presented) return;
      this.#presented = turn;
      this.#show({ image, frame: wanted.frame, revision: picture.revision ?? wanted.revision });
    } catch (error) {
      if (turn === this.#turn) this.#fail(error, wanted);
    }
  }

  #ask({ projectId, frame, width, media }: Wanted, signal: AbortSignal): Promise<PreviewPicture> {
    return this.#session.invoke("preview.frame", { project: { id: projectId }, frame, width, media, view: VIEW }, { signal });
  }
}

async function decode({ image }: PreviewPicture): Promise<HTMLImageElement> {
  const element = new Image();
  element.src = image.url;
  await element.decode();
  return element;
}

function same(a: Wanted, b: Wanted): boolean {
  return a.frame === b.frame && a.revision === b.revision && a.projectId === b.projectId && a.width === b.width && a.media === b.media;
}
