/** Transitions: where they may lie, and what is left of them after an edit (docs/project.md §6). */

import type { Clip, Project, Transition } from "../../generated/client";
import type { Ratio } from "../../project/time";
import { cutAt, findMediaTrack, idOf, newId, type MediaTrack } from "./document";
import { clipSpan, projectRate, secondsAt, transitionLength, type Span } from "./time";

/** Frames of the shortest: the first is all A, the last all B. */
export const SHORTEST = 2;
/** The only one that audio tracks know. */
export const AUDIO_TYPE = "crossfade";

/** Frames of a transition before its cut (in `from`) and after it (in `to`). */
export function shares(transition: Transition, length: number): { before: number; after: number } {
  if (transition.from === null) return { before: 0, after: length };
  if (transition.to === null) return { before: length, after: 0 };
  const before = { center: Math.floor(length / 2), start: 0, end: length }[transition.align];
  return { before, after: length - before };
}

/** The frames that a transition covers; null where none of its clips is on the track. */
export function transitionSpan(transition: Transition, track: MediaTrack, rate: Ratio): Span | null {
  const cut = cutOf(transition, track, rate);
  if (cut === null) return null;
  const { before, after } = shares(transition, transitionLength(transition, rate));
  return { first: cut - before, end: cut + after };
}

function cutOf(transition: Transition, track: MediaTrack, rate: Ratio): number | null {
  for (const clip of track.clips) {
    if (clip.id === transition.to) return clipSpan(clip, rate).first;
    if (clip.id === transition.from) return clipSpan(clip, rate).end;
  }
  return null;
}

/** What may be put at a cut: the clips beside it, and the most frames; null where nothing fits. */
export function transitionRoom(
  track: MediaTrack,
  frame: number,
  align: Transition["align"],
  rate: Ratio,
): { from: Clip | null; to: Clip | null; most: number } | null {
  const { before: from, after: to } = cutAt(track, frame, rate);
  if ((from === null && to === null) || [from, to].some((clip) => clip?.source.kind === "adjustment")) return null;
  const mine = track.transitions.filter((each) => !atCut(each, from, to));
  const left = from === null ? 0 : clipFrames(from, rate) - taken(mine, from, "to", rate);
  const right = to === null ? 0 : clipFrames(to, rate) - taken(mine, to, "from", rate);
  const most = longest({ from: from?.id ?? null, to: to?.id ?? null, align }, left, right);
  return most < SHORTEST ? null : { from, to, most };
}

/** The most frames whose shares fit into what is left of both clips. */
function longest(ends: Pick<Transition, "from" | "to" | "align">, left: number, right: number): number {
  if (ends.from === null) return right;
  if (ends.to === null) return left;
  if (ends.align === "start") return right;
  if (ends.align === "end") return left;
  return Math.min(2 * left + 1, 2 * right);
}

/** Frames that transitions take at a clip's other end: where it is `to`, or where it is `from`. */
function taken(transitions: readonly Transition[], clip: Clip, side: "from" | "to", rate: Ratio): number {
  const other = transitions.find((each) => each[side] === clip.id);
  if (other === undefined) return 0;
  const { before, after } = shares(other, transitionLength(other, rate));
  return side === "to" ? after : before;
}

function atCut(transition: Transition, from: Clip | null, to: Clip | null): boolean {
  return (from !== null && transition.from === from.id) || (to !== null && transition.to === to.id);
}

function clipFrames(clip: Clip, rate: Ratio): number {
  const { first, end } = clipSpan(clip, rate);
  return end - first;
}

/** Put a transition of at most `frames` at a cut or free end, in place of one that is there. Returns its id, or null where none fits. */
export function addTransition(
  draft: Project,
  at: { track: string; frame: number; type: string; frames: number; align?: Transition["align"] },
): string | null {
  const track = findMediaTrack(draft, at.track);
  const rate = projectRate(draft);
  if (track === null || track.locked) return null;
  const align = at.align ?? "center";
  const room = transitionRoom(track, at.frame, align, rate);
  if (room === null) return null;
  const id = newId("transition");
  track.transitions = track.transitions.filter((each) => !atCut(each, room.from, room.to));
  track.transitions.push({
    id,
    type: track.kind === "audio" ? AUDIO_TYPE : at.type,
    from: room.from === null ? null : idOf(room.from),
    to: room.to === null ? null : idOf(room.to),
    duration: secondsAt(Math.min(Math.max(at.frames, SHORTEST), room.most), rate),
    align,
    easing: "linear",
    audio: "constantPower",
    parameters: {},
    metadata: {},
  });
  return id;
}

export function findTransition(project: Project, id: string): { track: MediaTrack; transition: Transition } | null {
  for (const track of project.tracks) {
    if (track.kind === "subtitle") continue;
    const transition = track.transitions.find((each) => each.id === id);
    if (transition !== undefined) return { track, transition };
  }
  return null;
}

/** Change a transition's members; a length that does not fit becomes the longest that does. */
export function changeTransition(
  draft: Project,
  id: string,
  to: { frames?: number; type?: string; align?: Transition["align"]; audio?: Transition["audio"] },
): void {
  const found = findTransition(draft, id);
  if (found === null || found.track.locked) return;
  const { track, transition } = found;
  const rate = projectRate(draft);
  if (to.type !== undefined && track.kind === "video" && to.type !== transition.type) {
    transition.type = to.type;
    transition.parameters = {};
  }
  if (to.audio !== undefined) transition.audio = to.audio;
  const cut = cutOf(transition, track, rate);
  const room = cut === null ? null : transitionRoom(track, cut, to.align ?? transition.align, rate);
  if (room === null) return;
  if (to.align !== undefined) transition.align = to.align;
  const frames = Math.min(Math.max(to.frames ?? transitionLength(transition, rate), SHORTEST), room.most);
  if (frames !== transitionLength(transition, rate)) transition.duration = secondsAt(frames, rate);
}

export function removeTransitions(draft: Project, ids: ReadonlySet<string>): void {
  for (const track of draft.tracks) {
    if (track.kind === "subtitle" || track.locked) continue;
    const kept = track.transitions.filter((each) => !ids.has(idOf(each)));
    if (kept.length !== track.transitions.length) track.transitions = kept;
  }
}

/**
 * Bring a track's transitions in line with its clips: one whose clips are gone, moved apart or no longer free goes;
 * one that has become too long is shortened, or goes where no two frames are left.
 */
export function settleTransitions(track: MediaTrack, rate: Ratio): void {
  if (track.transitions.length === 0) return;
  const byId = new Map(track.clips.map((clip) => [idOf(clip), { clip, ...clipSpan(clip, rate) }]));
  const beginnings = new Set([...byId.values()].map((spot) => spot.first));
  const endings = new Set([...byId.values()].map((spot) => spot.end));
  const left = new Map([...byId].map(([id, spot]) => [id, spot.end - spot.first]));
  const kept: Transition[] = [];
  const taken = new Set<string>();
  for (const transition of track.transitions) {
    const from = transition.from === null ? null : byId.get(transition.from);
    const to = transition.to === null ? null : byId.get(transition.to);
    if (from === undefined || to === undefined) continue;
    const apart = from !== null && to !== null && from.end !== to.first;
    const notFree = (to === null && from !== null && beginnings.has(from.end)) || (from === null && to !== null && endings.has(to.first));
    if (apart || notFree) continue;
    const edges = [...(from === null ? [] : [`${idOf(from.clip)} tail`]), ...(to === null ? [] : [`${idOf(to.clip)} head`])];
    if (edges.some((edge) => taken.has(edge))) continue;
    if (!shorten(transition, left, rate)) continue;
    for (const edge of edges) taken.add(edge);
    kept.push(transition);
  }
  if (kept.length !== track.transitions.length) track.transitions = kept;
}

/** Take a transition's frames from what is left of its clips; false where too little is. */
function shorten(transition: Transition, left: Map<string, number>, rate: Ratio): boolean {
  const most = longest(transition, left.get(transition.from ?? "") ?? 0, left.get(transition.to ?? "") ?? 0);
  if (most < SHORTEST) return false;
  const length = transitionLength(transition, rate);
  if (length > most) transition.duration = secondsAt(most, rate);
  const { before, after } = shares(transition, Math.min(length, most));
  if (transition.from !== null) left.set(transition.from, (left.get(transition.from) ?? 0) - before);
  if (transition.to !== null) left.set(transition.to, (left.get(transition.to) ?? 0) - after);
  return true;
}
