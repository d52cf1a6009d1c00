/** How far the edges of a clip can go: its source, its neighbours, and the ends of the timeline. */

import type { Clip } from "../../generated/client";
import { divide, floor, multiply, parse, ratio, subtract, type Ratio } from "../../project/time";
import { MOST_HOURS, spotsOf, type MediaTrack, type Spot } from "./document";
import { sourceLength, type Span } from "./time";

/** What is known of files outside the document: seconds of a clip's source; a still has no end, null is not known. */
export type SourceSeconds = (clip: Clip) => Ratio | "still" | null;

/** By how many frames an edge may move: from `least` (earlier, no more than zero) to `most`. */
export interface Room {
  readonly least: number;
  readonly most: number;
}

export const NO_END = Number.MAX_SAFE_INTEGER;

export function timelineEnd(rate: Ratio): number {
  return floor(multiply(ratio(BigInt(MOST_HOURS * 3600)), rate));
}

/** Frames that the source has before what the clip shows first, and after what it shows last. */
export function handles(clip: Clip, span: Span, rate: Ratio, seconds: SourceSeconds): { before: number; after: number } {
  if (clip.source.kind !== "file" || clip.freeze || clip.timeMap !== null) return { before: NO_END, after: NO_END };
  const length = seconds(clip);
  if (length === "still") return { before: NO_END, after: NO_END };
  const start = parse(clip.sourceStart);
  const early = framesIn(start, clip.speed, rate);
  const shown = sourceLength(span.end - span.first, rate, clip.speed);
  const late = length === null || clip.source.loop === true ? NO_END : framesIn(subtract(subtract(length, start), shown), clip.speed, rate);
  return clip.reverse ? { before: late, after: early } : { before: early, after: late };
}

/** Frames that the source has, at a speed, from where a clip begins in it. */
export function framesLeft(clip: Clip, speed: number, rate: Ratio, seconds: SourceSeconds): number {
  const length = clip.source.kind === "file" && clip.source.loop !== true ? seconds(clip) : null;
  return length === null || length === "still" ? NO_END : framesIn(subtract(length, parse(clip.sourceStart)), speed, rate);
}

/** Whole frames of the timeline for which so many seconds of a source last at a speed. */
export function framesIn(length: Ratio, speed: number, rate: Ratio): number {
  return Math.max(0, floor(multiply(divide(length, parse(speed)), rate)));
}

/** Where a clip's neighbours leave off: the frames [first, end) that are free around it. */
export function freeAround(track: MediaTrack, spot: Spot, rate: Ratio): Span {
  let [first, end] = [0, timelineEnd(rate)];
  for (const other of spotsOf(track, rate)) {
    if (other.clip.id === spot.clip.id) continue;
    if (other.end <= spot.first) first = Math.max(first, other.end);
    if (other.first >= spot.end) end = Math.min(end, other.first);
  }
  return { first, end };
}

/** How far the head may move. `free`: the frames that are open to the clip. */
export function headRoom(spot: Spot, free: Span, rate: Ratio, seconds: SourceSeconds): Room {
  const { before } = handles(spot.clip, spot, rate, seconds);
  return { least: 0 - Math.max(0, Math.min(before, spot.first - free.first)), most: spot.end - spot.first - 1 };
}

/** How far the tail may move. */
export function tailRoom(spot: Spot, free: Span, rate: Ratio, seconds: SourceSeconds): Room {
  const { after } = handles(spot.clip, spot, rate, seconds);
  return { least: -(spot.end - spot.first - 1), most: Math.max(0, Math.min(after, free.end - spot.end)) };
}

/** What both allow. */
export function both(a: Room, b: Room): Room {
  return { least: Math.max(a.least, b.least), most: Math.min(a.most, b.most) };
}

export function within(by: number, room: Room): number {
  return Math.min(Math.max(by, room.least), room.most);
}
