/** Moving clips along the timeline and between tracks. What lies where they land is cut away. */

import type { Project, Transition } from "../../generated/client";
import { findClips, idOf, isMediaTrack, type MediaTrack, type Place } from "./document";
import { clearSpan } from "./remove";
import { timelineEnd } from "./room";
import { settle, settleKeys } from "./settle";
import { place } from "./shape";
import { clipSpan, projectRate } from "./time";

/** `tracks` counts among the tracks of one `kind`, upwards in the document; clips of the other kind keep theirs. */
export interface Move {
  readonly ids: ReadonlySet<string>;
  readonly frames: number;
  readonly tracks: number;
  readonly kind: MediaTrack["kind"];
}

/** The move that is possible and comes nearest: nothing before zero, nothing on a track that is locked or not there. */
export function fitMove(project: Project, move: Move): Move {
  const rate = projectRate(project);
  const places = findClips(project, move.ids);
  const spans = places.map(({ clip }) => clipSpan(clip, rate));
  const least = 0 - Math.min(...spans.map((span) => span.first));
  const most = timelineEnd(rate) - Math.max(...spans.map((span) => span.end));
  const frames = places.length === 0 ? 0 : Math.min(Math.max(move.frames, least), Math.max(most, 0));
  return { ...move, frames, tracks: places.length === 0 ? 0 : fitTracks(project, places, move) };
}

function fitTracks(project: Project, places: readonly Place[], move: Move): number {
  const lanes = lanesOf(project, move.kind);
  const from = places.filter(({ track }) => track.kind === move.kind).map(({ track }) => lanes.findIndex((lane) => lane.id === track.id));
  let tracks = move.tracks;
  const open = (index: number): boolean => lanes[index + tracks]?.locked === false;
  while (tracks !== 0 && !from.every(open)) tracks -= Math.sign(tracks);
  return tracks;
}

/** The tracks of a kind, in the order of the document. */
export function lanesOf(project: Project, kind: MediaTrack["kind"]): MediaTrack[] {
  return project.tracks.filter((track): track is MediaTrack => track.kind === kind);
}

/** Move clips; transitions between them, and at their free ends, come along. */
export function moveClips(draft: Project, wish: Move): void {
  const move = fitMove(draft, wish);
  if (move.frames === 0 && move.tracks === 0) return;
  const rate = projectRate(draft);
  const lanes = lanesOf(draft, move.kind);
  const moved = findClips(draft, move.ids).map(({ track, clip }) => {
    const lane = lanes.findIndex((each) => each.id === track.id);
    return { clip, from: track, to: (lane < 0 ? undefined : lanes[lane + move.tracks]) ?? track };
  });
  for (const { clip, from, to } of moved) {
    const { first, end } = clipSpan(clip, rate);
    if (move.frames !== 0) place(clip, first + move.frames, end - first, rate);
    if (from === to) continue;
    from.clips = from.clips.filter((each) => each.id !== clip.id);
    to.clips.push(clip);
  }
  for (const { clip, to } of moved) clearSpan(to, clipSpan(clip, rate), move.ids, rate);
  if (move.tracks !== 0) {
    followTransitions(draft);
    for (const { clip, to } of moved) settleKeys(draft, to, clip);
  }
  settle(draft);
}

/** Move transitions to the track of their clips, where all of them are on one. */
function followTransitions(draft: Project): void {
  const homes = new Map<string, MediaTrack>();
  for (const track of draft.tracks) if (isMediaTrack(track)) for (const clip of track.clips) homes.set(idOf(clip), track);
  const homeOf = (transition: Transition): MediaTrack | undefined => {
    const [from, to] = [transition.from, transition.to].map((id) => (id === null ? null : homes.get(id)));
    return from === null || to === null || from === to ? (from ?? to ?? undefined) : undefined;
  };
  for (const track of draft.tracks) {
    if (!isMediaTrack(track)) continue;
    const leaving = track.transitions.filter((each) => {
      const home = homeOf(each);
      return home !== undefined && home.id !== track.id;
    });
    if (leaving.length === 0) continue;
    track.transitions = track.transitions.filter((each) => !leaving.includes(each));
    for (const transition of leaving) homeOf(transition)?.transitions.push(transition);
  }
}
