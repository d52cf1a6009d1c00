/** Where the timeline is looked at, and whether it plays: what viewer, timeline and keys share. */
import { createStore, type StoreApi } from "zustand/vanilla";

export interface PlaybackState {
  /** The frame under the playhead; at least 0, and beyond the end only by seeking there. */
  frame: number;
  /** How fast it plays, negative backwards; 0 while it stands. */
  rate: number;
  /** The playhead is being dragged: pictures may come late, but each that comes is exact. */
  scrubbing: boolean;
  /** Frames; out is the last frame that is inside. */
  markIn: number | null;
  markOut: number | null;
  loop: boolean;
}

const FASTEST = 4;

export class Playback {
  readonly store: StoreApi<PlaybackState> = createStore(() => ({
    frame: 0,
    rate: 0,
    scrubbing: false,
    markIn: null,
    markOut: null,
    loop: false,
  }));
  readonly #length: () => number;

  /** `length` is that of the project, in frames. */
  constructor(length: () => number) {
    this.#length = length;
  }

  get frame(): number {
    return this.store.getState().frame;
  }

  /** Go to a frame; a play stops. */
  seek(frame: number): void {
    this.store.setState({ frame: this.#within(frame), rate: 0 });
  }

  step(frames: number): void {
    this.seek(this.frame + frames);
  }

  /** Hold the playhead while it is dragged, and let go of it. */
  scrub(on: boolean): void {
    this.store.setState(on ? { scrubbing: true, rate: 0 } : { scrubbing: false });
  }

  /** Play, or stand with a rate of 0. At the end it plays from the beginning. */
  play(rate: number): void {
    const { loop } = this.store.getState();
    const [first, last] = this.range();
    if (rate !== 0 && last < first) return;
    let { frame } = this;
    if (rate > 0 && (frame >= last || (loop && frame < first))) frame = first;
    if (rate < 0 && (frame <= first || (loop && frame > last))) frame = last;
    this.store.setState({ rate, frame });
  }

  toggle(): void {
    this.play(this.store.getState().rate === 0 ? 1 : 0);
  }

  /** J and L: each press doubles the speed in its direction, the first after the other direction begins at 1. */
  shuttle(direction: 1 | -1): void {
    const { rate } = this.store.getState();
    this.play(rate * direction > 0 ? direction * Math.min(FASTEST, Math.abs(rate) * 2) : direction);
  }

  /** Called by what plays: where it is. */
  at(frame: number): void {
    if (this.store.getState().rate !== 0) this.store.setState({ frame: this.#within(frame) });
  }

  mark(edge: "in" | "out"): void {
    const { frame, markIn, markOut } = this.store.getState();
    if (edge === "in") this.store.setState({ markIn: frame, markOut: markOut !== null && markOut < frame ? null : markOut });
    else this.store.setState({ markOut: frame, markIn: markIn !== null && markIn > frame ? null : markIn });
  }

  clearMarks(): void {
    this.store.setState({ markIn: null, markOut: null });
  }

  toggleLoop(): void {
    this.store.setState(({ loop }) => ({ loop: !loop }));
  }

  /** First and last frame of what plays: between the marks in a loop, else all. */
  range(): [first: number, last: number] {
    const { loop, markIn, markOut } = this.store.getState();
    const last = this.#length() - 1;
    return loop ? [Math.min(markIn ?? 0, last), Math.min(markOut ?? last, last)] : [0, last];
  }

  #within(frame: number): number {
    return Math.max(0, Math.min(Math.round(frame), this.#length()));
  }
}
