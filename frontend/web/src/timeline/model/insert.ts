/** Putting new clips on the timeline: files of the bin, and titles. */

import type { Clip, Project } from "../../generated/client";
import { floor, multiply, ratio, type Ratio } from "../../project/time";
import { mediaSource, newClip, titleSource } from "./clips";
import { findMediaTrack, idOf, type MediaTrack } from "./document";
import { lanesOf } from "./move";
import { clearSpan, makeRoom, roomForClips } from "./remove";
import { timelineEnd } from "./room";
import { settle } from "./settle";
import { clipSpan, projectRate } from "./time";
import { addTrack } from "./tracks";

/** A file of the bin and what is known of it; `seconds` null is a still. */
export interface NewMedia {
  readonly media: string;
  readonly picture: boolean;
  readonly sound: boolean;
  readonly seconds: Ratio | null;
}

/** `overwrite` cuts away what lies there, `insert` moves it on. */
export type Landing = "overwrite" | "insert";

export interface At {
  /** Null: the first track that can hold it. */
  readonly track: string | null;
  readonly frame: number;
  readonly landing: Landing;
}

const STILL = ratio(5n);

/** Put files one after the other; a track is added where none can hold them. Returns the ids of the clips. */
export function insertMedia(draft: Project, items: readonly NewMedia[], at: At): string[] {
  const rate = projectRate(draft);
  if (!roomForClips(draft, items.length)) return [];
  let frame = at.frame;
  const ids: string[] = [];
  for (const item of items) {
    if (!item.picture && !item.sound) continue;
    const track = trackFor(draft, at.track, item);
    if (track === null) continue;
    const frames = Math.max(1, floor(multiply(item.seconds ?? STILL, rate)));
    const clip = newClip(mediaSource(item.media), frame, frames, rate);
    if (!land(track, clip, at.landing, rate)) break;
    ids.push(idOf(clip));
    frame += frames;
  }
  settle(draft);
  return ids;
}

/** Put a title of five seconds. Returns its id; null where there is no room. */
export function insertTitle(draft: Project, text: string, at: At): string | null {
  const rate = projectRate(draft);
  const track = trackFor(draft, at.track, { picture: true, sound: false });
  if (track === null || !roomForClips(draft, 1)) return null;
  const clip = newClip(titleSource(text), at.frame, floor(multiply(STILL, rate)), rate);
  if (!land(track, clip, at.landing, rate)) return null;
  settle(draft);
  return idOf(clip);
}

function land(track: MediaTrack, clip: Clip, landing: Landing, rate: Ratio): boolean {
  const span = clipSpan(clip, rate);
  if (span.end > timelineEnd(rate)) return false;
  if (landing === "insert") makeRoom(track, span.first, span.end - span.first, rate);
  else clearSpan(track, span, NONE, rate);
  track.clips.push(clip);
  return true;
}

const NONE: ReadonlySet<string> = new Set();

/** The track asked for if it can hold it, else the first of its kind that is not locked, else a new one. */
function trackFor(draft: Project, wished: string | null, item: Pick<NewMedia, "picture" | "sound">): MediaTrack | null {
  const track = wished === null ? null : findMediaTrack(draft, wished);
  if (track !== null && !track.locked && (track.kind === "video" ? item.picture : item.sound)) return track;
  const kind = item.picture ? "video" : "audio";
  const open = lanesOf(draft, kind).find((each) => !each.locked);
  if (open !== undefined) return open;
  const id = addTrack(draft, kind);
  return id === null ? null : findMediaTrack(draft, id);
}
