/** Plays the timeline in a `<video>`: the sidecar sends a stream, and says which frame it shows when. */
import { ERROR_CODES, RpcError, type ErrorData, type PreviewPlay, type PreviewPlaying } from "../generated/client";
import { instantFrame, parse, toNumber } from "../project/time";
import { text } from "../text";
import type { Session } from "../transport/session";

export interface Begin {
  projectId: string;
  frame: number;
  rate: number;
  /** First and last frame, in a loop; null: to the end. */
  loop: readonly [number, number] | null;
  width: number;
  frameRate: string;
}

export interface Listener {
  /** A frame is on screen. */
  at(frame: number): void;
  /** It is over: at the end, by a fault, or because the project took another shape. */
  ended(error: unknown): void;
}

/** From this time of the stream on, this frame of the timeline is shown there. */
interface Anchor {
  mediaTime: number;
  frame: number;
}

/** What is asked of a browser, the cheapest to make first. */
const CODECS = ['video/mp4; codecs="avc1.42E01F, mp4a.40.2"', 'video/webm; codecs="vp8, opus"', 'video/webm; codecs="vp9, opus"'];

const TOLD_WITHIN = 500;

export class Player {
  readonly #session: Session;
  readonly #video: HTMLVideoElement;
  readonly #last: HTMLCanvasElement;
  #turn = 0;
  #plays = 0;
  #stop: () => void = () => {};

  /** What `video` showed last is left in `last`, which lies over it. */
  constructor(session: Session, video: HTMLVideoElement, last: HTMLCanvasElement) {
    this.#session = session;
    this.#video = video;
    this.#last = last;
  }

  /** Play; what played before stops. `listener` hears nothing once another begins or it is stopped. */
  async play(begin: Begin, listener: Listener): Promise<void> {
    this.stop();
    const turn = ++this.#turn;
    const current = (): boolean => turn === this.#turn;
    try {
      const playing = await this.#session.invoke("preview.play", paramsOf(begin, this.#video, ++this.#plays));
      if (current()) this.#run(playing, begin, listener, current);
      else await this.#session.invoke("preview.stop", { playId: playing.playId });
    } catch (error) {
      if (current()) listener.ended(error);
    }
  }

  /** Stop; the last picture stays until something else is shown. */
  stop(): void {
    this.#turn++;
    this.#stop();
    this.#stop = () => {};
  }

  /** Leave the stream, which ends it; ended from the other side it would be an error of the network. */
  #unload(): void {
    const { videoWidth, videoHeight } = this.#video;
    if (videoWidth > 0) {
      this.#last.width = videoWidth;
      this.#last.height = videoHeight;
      this.#last.getContext("2d")?.drawImage(this.#video, 0, 0);
    }
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  #run(playing: PreviewPlaying, begin: Begin, listener: Listener, current: () => boolean): void {
    const video = this.#video;
    const rate = parse(begin.frameRate);
    const anchors: Anchor[] = [{ mediaTime: 0, frame: instantFrame(playing.mediaTimeOrigin, rate) }];
    const perSecond = toNumber(rate) * begin.rate;
    let error: unknown = null;
    const unlisten = this.#session.listen(
      "play.state",
      ({ payload }) => {
        const { mediaTime, frame } = payload.anchor;
        const time = toNumber(parse(mediaTime));
        if (anchors.at(-1)?.mediaTime !== time) anchors.push({ mediaTime: time, frame });
        if (payload.state === "failed" && payload.error) error = asError(payload.error);
      },
      { jobId: playing.playId },
    );
    const ended = (): void => {
      if (!current()) return;
      this.stop();
      listener.ended(error);
    };
    // Why it breaks is told over the other connection, which may be later.
    const broken = (): void => void setTimeout(ended, TOLD_WITHIN);
    const frames = (_: number, { mediaTime }: VideoFrameCallbackMetadata): void => {
      if (!current()) return;
      this.#last.width = 0;
      const anchor = anchors.findLast((each) => each.mediaTime <= mediaTime + 0.002) ?? anchors[0];
      if (anchor) listener.at(Math.round(anchor.frame + (mediaTime - anchor.mediaTime) * perSecond));
      video.requestVideoFrameCallback(frames);
    };
    video.requestVideoFrameCallback(frames);
    video.addEventListener("ended", ended);
    video.addEventListener("error", broken);
    this.#stop = () => {
      unlisten();
      video.removeEventListener("ended", ended);
      video.removeEventListener("error", broken);
      this.#unload();
    };
    video.src = playing.stream.url;
    video.play().catch((refused: unknown) => {
      // One that is stopped before it began rejects, too, and is not current any more.
      error ??= refused;
      ended();
    });
  }
}

/** Events carry what is wrong without the sidecar's sentence for it. */
function asError(data: ErrorData): RpcError {
  const told = Object.values(data.context).filter((value) => typeof value === "string");
  return new RpcError(ERROR_CODES[data.kind], [text("viewer.brokeOff"), ...told].join(": "), data);
}

/** The play before has a view of its own: it ends when the browser has left it, not while it may still read. */
function paramsOf({ projectId, frame, rate, loop, width }: Begin, video: HTMLVideoElement, count: number): PreviewPlay {
  const range = loop && { from: { frame: loop[0] }, to: { frame: loop[1] + 1 } };
  return {
    project: { id: projectId },
    from: { frame },
    rate,
    width,
    codecs: CODECS.filter((codec) => video.canPlayType(codec) !== ""),
    loop: loop !== null,
    range,
    view: `viewer-${count % 2}`,
  };
}
