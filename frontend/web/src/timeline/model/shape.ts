/** What happens to a clip that is placed, cut at its head or at its tail: draft in, draft changed. */

import type { Clip, Effect, Keyframes, Seconds } from "../../generated/client";
import { add, compare, frameTime, parse, subtract, type Ratio } from "../../project/time";
import { frameAt, isZero, secondsAt, smaller, sourceLength, writeSeconds, ZERO } from "./time";

type Fade = "fadeIn" | "fadeOut" | "audioFadeIn" | "audioFadeOut";

/** Set the frames of a clip. A duration that says the same number of frames stays as it is written. */
export function place(clip: Clip, first: number, frames: number, rate: Ratio): void {
  clip.start = secondsAt(first, rate);
  const kept = frameAt(add(parse(clip.start), parse(clip.duration)), rate) - first;
  if (kept === frames) return;
  clip.duration = secondsAt(frames, rate);
  fitFades(clip);
}

/** Move a clip's head by frames (later: positive), its tail staying: what is seen in a frame stays in that frame. */
export function moveHead(clip: Clip, by: number, span: { first: number; end: number }, rate: Ratio): void {
  if (by === 0) return;
  if (!clip.reverse) moveSource(clip, by, rate);
  shiftClock(clip, frameTime(by, rate));
  place(clip, span.first + by, span.end - span.first - by, rate);
}

/** Move a clip's tail by frames (later: positive), its head staying. */
export function moveTail(clip: Clip, by: number, span: { first: number; end: number }, rate: Ratio): void {
  if (by === 0) return;
  if (clip.reverse) moveSource(clip, -by, rate);
  place(clip, span.first, span.end - span.first + by, rate);
}

/** Move what of the source a clip shows, by frames of the timeline. */
export function moveSource(clip: Clip, by: number, rate: Ratio): void {
  if (clip.source.kind !== "file" || clip.freeze || clip.timeMap !== null) return;
  const moved = add(parse(clip.sourceStart), sourceLength(by, rate, clip.speed));
  clip.sourceStart = compare(moved, ZERO) > 0 ? writeSeconds(moved) : 0;
}

/** Make fades fit into the clip, the one at the tail first to give way. */
export function fitFades(clip: Clip): void {
  const duration = parse(clip.duration);
  fitPair(clip, "fadeIn", "fadeOut", duration);
  fitPair(clip, "audioFadeIn", "audioFadeOut", duration);
}

function fitPair(clip: Clip, head: Fade, tail: Fade, duration: Ratio): void {
  if (isZero(clip[head]) && isZero(clip[tail])) return;
  const before = smaller(parse(clip[head]), duration);
  const after = smaller(parse(clip[tail]), subtract(duration, before));
  if (compare(before, parse(clip[head])) !== 0) clip[head] = writeSeconds(before);
  if (compare(after, parse(clip[tail])) !== 0) clip[tail] = writeSeconds(after);
}

/**
 * Move zero of the clip's clock to `by`: keyframes, speed ramps and spans of effects stay with the picture that they
 * belong to. Keys before zero hold on, so trimming back finds them; an effect that has ended by then goes.
 */
export function shiftClock(clip: Clip, by: Ratio): void {
  for (const member of animatedOf(clip)) shiftKeys(member, by);
  if (clip.timeMap !== null) for (const key of clip.timeMap) key.time = earlier(key.time, by);
  for (const effect of clip.effects) shiftParameters(effect, by);
  if (clip.effects.some((effect) => !isZero(effect.start) || effect.end !== null)) {
    clip.effects = clip.effects.filter((effect) => shiftSpan(effect, by));
  }
}

function shiftSpan(effect: Effect, by: Ratio): boolean {
  const end = effect.end === null ? null : subtract(parse(effect.end), by);
  if (end !== null && compare(end, ZERO) <= 0) return false;
  if (end !== null) effect.end = writeSeconds(end);
  if (!isZero(effect.start)) {
    const start = subtract(parse(effect.start), by);
    effect.start = compare(start, ZERO) > 0 ? writeSeconds(start) : 0;
  }
  return true;
}

function shiftParameters(effect: Effect, by: Ratio): void {
  for (const value of Object.values(effect.parameters)) shiftKeys(value, by);
}

function shiftKeys(value: unknown, by: Ratio): void {
  if (isKeyframes(value)) for (const key of value.keyframes) key.time = earlier(key.time, by);
}

function earlier(time: Seconds, by: Ratio): Seconds {
  return writeSeconds(subtract(parse(time), by));
}

export function isKeyframes(value: unknown): value is Keyframes {
  return typeof value === "object" && value !== null && "keyframes" in value && Array.isArray(value.keyframes);
}

function animatedOf(clip: Clip): unknown[] {
  const { opacity, volume, pan, crop, transform, color } = clip;
  return [opacity, volume, pan, ...Object.values(crop), ...Object.values(transform), ...Object.values(color)];
}
