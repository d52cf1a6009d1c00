/** Taking clips away, making room, closing gaps. */

import type { Clip, Project } from "../../generated/client";
import type { Ratio } from "../../project/time";
import { copyOf, findClips, findMediaTrack, idOf, MOST_CLIPS, countClips, newId, spotsOf, type MediaTrack } from "./document";
import { settle } from "./settle";
import { moveHead, moveTail, place } from "./shape";
import { clipSpan, projectRate, type Span } from "./time";

/** Delete clips; what lies behind them stays where it is. */
export function removeClips(draft: Project, ids: ReadonlySet<string>): void {
  for (const track of draft.tracks) {
    if (track.kind === "subtitle" || track.locked) continue;
    if (track.clips.some((clip) => ids.has(idOf(clip)))) track.clips = track.clips.filter((clip) => !ids.has(idOf(clip)));
  }
  settle(draft);
}

/** Delete clips and let everything behind them on their tracks move up. */
export function rippleRemove(draft: Project, ids: ReadonlySet<string>): void {
  const rate = projectRate(draft);
  const gone = new Map<MediaTrack, Span[]>();
  for (const { track, clip } of findClips(draft, ids)) gone.set(track, [...(gone.get(track) ?? []), clipSpan(clip, rate)]);
  for (const [track, spans] of gone) {
    track.clips = track.clips.filter((clip) => !ids.has(idOf(clip)));
    for (const clip of track.clips) {
      const { first, end } = clipSpan(clip, rate);
      const before = spans.reduce((frames, span) => (span.end <= first ? frames + span.end - span.first : frames), 0);
      if (before > 0) place(clip, first - before, end - first, rate);
    }
  }
  settle(draft);
}

/** The empty frames around a frame of a track that has clips behind it; null where there are none. */
export function gapAt(track: MediaTrack, frame: number, rate: Ratio): Span | null {
  let first = 0;
  for (const spot of spotsOf(track, rate)) {
    if (spot.first > frame) return { first, end: spot.first };
    if (spot.end > frame) return null;
    first = spot.end;
  }
  return null;
}

/** Move up everything behind the gap at a frame. */
export function closeGap(draft: Project, trackId: string, frame: number): void {
  const rate = projectRate(draft);
  const track = findMediaTrack(draft, trackId);
  const gap = track === null || track.locked ? null : gapAt(track, frame, rate);
  if (track === null || gap === null) return;
  shiftFrom(track, gap.end, gap.first - gap.end, rate);
  settle(draft);
}

/** Move the clips of a track that begin at a frame or later. */
export function shiftFrom(track: MediaTrack, frame: number, by: number, rate: Ratio, except: ReadonlySet<string> = NONE): void {
  if (by === 0) return;
  for (const clip of track.clips) {
    const { first, end } = clipSpan(clip, rate);
    if (first >= frame && !except.has(idOf(clip))) place(clip, first + by, end - first, rate);
  }
}

const NONE: ReadonlySet<string> = new Set();

/** Clear frames of a track: clips inside go, clips that reach in are cut; `except` stay as they are. */
export function clearSpan(track: MediaTrack, span: Span, except: ReadonlySet<string>, rate: Ratio): void {
  const gone = new Set<Clip>();
  for (const clip of track.clips.slice()) {
    const own = clipSpan(clip, rate);
    if (except.has(idOf(clip)) || own.end <= span.first || own.first >= span.end) continue;
    if (own.first >= span.first && own.end <= span.end) gone.add(clip);
    else if (own.first >= span.first) moveHead(clip, span.end - own.first, own, rate);
    else if (own.end <= span.end) moveTail(clip, span.first - own.end, own, rate);
    else {
      const rest = cutOff(track, clip, span.first, rate);
      moveHead(rest, span.end - span.first, clipSpan(rest, rate), rate);
    }
  }
  if (gone.size > 0) track.clips = track.clips.filter((clip) => !gone.has(clip));
}

/** Cut a clip in two at a frame inside it. The first part keeps its id; returns the second. */
export function cutOff(track: MediaTrack, clip: Clip, frame: number, rate: Ratio): Clip {
  const span = clipSpan(clip, rate);
  const rest = withNewIds(copyOf(clip));
  const id = idOf(rest);
  clip.fadeOut = clip.audioFadeOut = 0;
  rest.fadeIn = rest.audioFadeIn = 0;
  moveTail(clip, frame - span.end, span, rate);
  moveHead(rest, frame - span.first, span, rate);
  if (clip.source.kind === "title") clip.source.animations = clip.source.animations.filter((each) => !each.type.endsWith("Out"));
  if (rest.source.kind === "title") rest.source.animations = rest.source.animations.filter((each) => !each.type.endsWith("In"));
  track.clips.push(rest);
  for (const transition of track.transitions) if (transition.from === clip.id) transition.from = id;
  return rest;
}

/** Open frames in a track: a clip that reaches over the frame is cut, everything behind moves on. */
export function makeRoom(track: MediaTrack, frame: number, frames: number, rate: Ratio): void {
  for (const clip of track.clips.slice()) {
    const { first, end } = clipSpan(clip, rate);
    if (first < frame && end > frame) cutOff(track, clip, frame, rate);
  }
  shiftFrom(track, frame, frames, rate);
}

/** Give a copied clip, its effects and its markers ids of their own. */
export function withNewIds(clip: Clip): Clip {
  clip.id = newId("clip");
  for (const effect of clip.effects) effect.id = newId("effect");
  for (const marker of clip.markers) marker.id = newId("marker");
  return clip;
}

/** Whether so many more clips fit into a project. */
export function roomForClips(project: Project, more: number): boolean {
  return countClips(project) + more <= MOST_CLIPS;
}
