/** Frames of a project's things, on the exact times of `project/time`. */

import { isDraft } from "immer";
import type { Clip, Project, Seconds, Transition } from "../../generated/client";
import { add, compare, floor, format, frameTime, multiply, parse, ratio, type Ratio } from "../../project/time";

/** The frames [first, end) that something occupies. */
export interface Span {
  readonly first: number;
  readonly end: number;
}

export const ZERO = ratio(0n);

/** Terms of a written time have at most this many digits (protocol/time.py). */
const LONGEST = /^-?\d{1,24}\/\d{1,24}$/u;
const BILLION = ratio(1_000_000_000n);

/** Write a time exactly; where its terms grow too long, to a billionth of a second. */
export function writeSeconds(value: Ratio): Seconds {
  const written = format(value);
  if (typeof written === "number" || LONGEST.test(written)) return written;
  return format(ratio(BigInt(floor(multiply(value, BILLION))), BILLION.num));
}

/** Whether a time as written is zero. */
export function isZero(value: Seconds): boolean {
  return value === 0 || (typeof value === "string" && parse(value).num === 0n);
}

const rates = new Map<string, Ratio>();

/** Frames a second: "25", "30000/1001"; the same object for the same text. */
export function parseRate(text: string): Ratio {
  let rate = rates.get(text);
  if (rate === undefined) {
    rate = parse(text);
    rates.set(text, rate);
  }
  return rate;
}

export function projectRate(project: Pick<Project, "frameRate">): Ratio {
  return parseRate(project.frameRate);
}

/** The frame of an edit point: ⌊x·fps + ½⌋. */
export function frameAt(time: Ratio, rate: Ratio): number {
  const below = 2n * time.den * rate.den;
  const above = 2n * time.num * rate.num + time.den * rate.den;
  const quotient = above / below;
  return Number(above < 0n && quotient * below !== above ? quotient - 1n : quotient);
}

/** The time at which a frame begins, as a project writes it. */
export function secondsAt(frame: number, rate: Ratio): Seconds {
  return writeSeconds(frameTime(frame, rate));
}

interface Kept {
  readonly rate: Ratio;
  readonly span: Span;
}

const spans = new WeakMap<Clip, Kept>();

/** The frames that a clip occupies; kept for clips of a finished document, which never change. */
export function clipSpan(clip: Clip, rate: Ratio): Span {
  if (isDraft(clip)) return measure(clip, rate);
  const kept = spans.get(clip);
  if (kept !== undefined && kept.rate === rate) return kept.span;
  const span = measure(clip, rate);
  if (Object.isFrozen(clip)) spans.set(clip, { rate, span });
  return span;
}

function measure(clip: Clip, rate: Ratio): Span {
  const start = parse(clip.start);
  return { first: frameAt(start, rate), end: frameAt(add(start, parse(clip.duration)), rate) };
}

export function transitionLength(transition: Transition, rate: Ratio): number {
  return frameAt(parse(transition.duration), rate);
}

/** The end of the last enabled clip on an enabled track, in frames; 0 where there is none. */
export function projectFrames(project: Project): number {
  const rate = projectRate(project);
  let end = 0;
  for (const track of project.tracks) {
    if (!track.enabled || track.kind === "subtitle") continue;
    for (const clip of track.clips) if (clip.enabled) end = Math.max(end, clipSpan(clip, rate).end);
  }
  return end;
}

/** The end of the last clip of all, switched on or not, in frames; 0 where there is none. */
export function lastFrame(project: Project): number {
  const rate = projectRate(project);
  let end = 0;
  for (const track of project.tracks) if (track.kind !== "subtitle") for (const clip of track.clips) end = Math.max(end, clipSpan(clip, rate).end);
  return end;
}

/** Seconds of the source that so many frames of the timeline take at a speed. */
export function sourceLength(frames: number, rate: Ratio, speed: number): Ratio {
  const time = frameTime(frames, rate);
  return speed === 1 ? time : multiply(time, parse(speed));
}

export function smaller(a: Ratio, b: Ratio): Ratio {
  return compare(a, b) <= 0 ? a : b;
}

export function larger(a: Ratio, b: Ratio): Ratio {
  return compare(a, b) >= 0 ? a : b;
}
