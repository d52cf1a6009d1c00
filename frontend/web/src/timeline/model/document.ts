/** Finding things in a project. Every id is written: `project.open` gives them to whatever had none. */

import type { AudioTrack, Clip, Effect, Group, Keyframes, Project, SubtitleTrack, Transition, VideoTrack } from "../../generated/client";
import type { Ratio } from "../../project/time";
import { clipSpan, type Span } from "./time";

export type Track = VideoTrack | AudioTrack | SubtitleTrack;
export type MediaTrack = VideoTrack | AudioTrack;
export type Animated = number | Keyframes;

/** A clip with its track. */
export interface Place {
  readonly track: MediaTrack;
  readonly trackIndex: number;
  readonly clip: Clip;
}

/** A clip with its frames. */
export interface Spot extends Span {
  readonly clip: Clip;
}

/** The limit of docs/project.md §3. */
export const MOST_CLIPS = 10_000;
export const MOST_TRACKS = 200;
export const MOST_HOURS = 24;

export function idOf(owner: Clip | Track | Transition | Effect | Group): string {
  if (owner.id === null) throw new Error("an open project has every id");
  return owner.id;
}

/** A fresh id; `kind` is there for whoever reads the file. */
export function newId(kind: string): string {
  return `${kind}-${crypto.randomUUID()}`;
}

export function isMediaTrack(track: Track | undefined): track is MediaTrack {
  return track !== undefined && track.kind !== "subtitle";
}

export function mediaTracks(project: Project): MediaTrack[] {
  return project.tracks.filter(isMediaTrack);
}

export function trackIndex(project: Project, id: string): number {
  return project.tracks.findIndex((track) => track.id === id);
}

export function findMediaTrack(project: Project, id: string): MediaTrack | null {
  const track = project.tracks.find((each) => each.id === id);
  return isMediaTrack(track) ? track : null;
}

export function findClip(project: Project, id: string): Place | null {
  for (const [trackIndex, track] of project.tracks.entries()) {
    if (!isMediaTrack(track)) continue;
    const clip = track.clips.find((each) => each.id === id);
    if (clip !== undefined) return { track, trackIndex, clip };
  }
  return null;
}

/** The named clips that may be edited: locked tracks hold theirs. */
export function findClips(project: Project, ids: Iterable<string>): Place[] {
  const wanted = new Set(ids);
  const places: Place[] = [];
  for (const [trackIndex, track] of project.tracks.entries()) {
    if (!isMediaTrack(track) || track.locked) continue;
    for (const clip of track.clips) if (wanted.has(idOf(clip))) places.push({ track, trackIndex, clip });
  }
  return places;
}

/** Clips of a track in the order of their frames; the list in the document may be in any. */
export function spotsOf(track: MediaTrack, rate: Ratio): Spot[] {
  return track.clips.map((clip) => ({ clip, ...clipSpan(clip, rate) })).toSorted((a, b) => a.first - b.first || a.end - b.end);
}

/** The clip that ends where a frame begins, and the one that begins there. */
export function cutAt(track: MediaTrack, frame: number, rate: Ratio): { before: Clip | null; after: Clip | null } {
  let [before, after]: [Clip | null, Clip | null] = [null, null];
  for (const clip of track.clips) {
    const span = clipSpan(clip, rate);
    if (span.end === frame) before = clip;
    if (span.first === frame) after = clip;
  }
  return { before, after };
}

/** The clips that are edited with these: those of the same link, and of the same group. */
export function withCompanions(project: Project, ids: Iterable<string>): Set<string> {
  const all = new Set(ids);
  for (const group of project.groups) if (group.clips.some((id) => all.has(id))) for (const id of group.clips) all.add(id);
  const links = new Set<string>();
  eachClip(project, (clip) => {
    if (clip.link !== null && all.has(idOf(clip))) links.add(clip.link);
  });
  if (links.size > 0) {
    eachClip(project, (clip) => {
      if (clip.link !== null && links.has(clip.link)) all.add(idOf(clip));
    });
  }
  return all;
}

export function eachClip(project: Project, look: (clip: Clip, track: MediaTrack) => void): void {
  for (const track of project.tracks) if (isMediaTrack(track)) for (const clip of track.clips) look(clip, track);
}

export function countClips(project: Project): number {
  return mediaTracks(project).reduce((total, track) => total + track.clips.length, 0);
}

/** A copy of plain JSON, drafts included. */
export function copyOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
