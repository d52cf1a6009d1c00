/** Trimming: one edge of a clip moves. Plain stops at the neighbour, ripple moves what follows, roll moves the cut. */

import type { Project } from "../../generated/client";
import type { Ratio } from "../../project/time";
import { cutAt, findClip, findClips, idOf, spotsOf, withCompanions, type MediaTrack, type Spot } from "./document";
import { shiftFrom } from "./remove";
import { both, freeAround, headRoom, tailRoom, timelineEnd, within, type Room, type SourceSeconds } from "./room";
import { settle } from "./settle";
import { moveHead, moveTail, place } from "./shape";
import { clipSpan, projectRate, type Span } from "./time";

export type Edge = "head" | "tail";
export type TrimMode = "plain" | "ripple" | "roll";

/** An edge of one clip on each of some tracks, moved by frames (later: positive). */
export interface Trim {
  readonly ids: ReadonlySet<string>;
  readonly edge: Edge;
  readonly mode: TrimMode;
  readonly frames: number;
}

interface Target {
  readonly track: MediaTrack;
  readonly spot: Spot;
  /** The clip on the other side of the cut, where one touches. */
  readonly other: Spot | null;
}

const ANYWHERE: Span = { first: Number.MIN_SAFE_INTEGER, end: Number.MAX_SAFE_INTEGER };

/** The clips whose edge moves with that of one: it, and its companions with an edge at the same frame. */
export function trimmedWith(project: Project, id: string, edge: Edge): Set<string> {
  const rate = projectRate(project);
  const at = (clip: Spot): number => (edge === "head" ? clip.first : clip.end);
  const found = findClip(project, id);
  if (found === null) return new Set();
  const frame = at({ clip: found.clip, ...clipSpan(found.clip, rate) });
  const ids = new Set([id]);
  const tracks = new Set([found.track.id]);
  for (const { clip, track } of findClips(project, withCompanions(project, [id]))) {
    if (tracks.has(track.id) || at({ clip, ...clipSpan(clip, rate) }) !== frame) continue;
    tracks.add(track.id);
    ids.add(idOf(clip));
  }
  return ids;
}

/** By how many frames the edges may move. */
export function trimRoom(project: Project, trim: Trim, seconds: SourceSeconds): Room {
  const rate = projectRate(project);
  return roomOf(targetsOf(project, trim, rate), trim, rate, seconds);
}

/** Trim as far as there is room. */
export function trimClips(draft: Project, trim: Trim, seconds: SourceSeconds): void {
  const rate = projectRate(draft);
  const targets = targetsOf(draft, trim, rate);
  const by = within(trim.frames, roomOf(targets, trim, rate, seconds));
  if (by === 0 || targets.length === 0) return;
  for (const target of targets) {
    if (trim.mode === "ripple") ripple(target, trim.edge, by, rate);
    else turn(target.spot, trim.edge, by, rate);
    if (trim.mode === "roll" && target.other !== null) turn(target.other, trim.edge === "head" ? "tail" : "head", by, rate);
  }
  settle(draft);
}

function targetsOf(project: Project, trim: Trim, rate: Ratio): Target[] {
  return findClips(project, trim.ids).map(({ track, clip }) => {
    const spot = { clip, ...clipSpan(clip, rate) };
    const cut = cutAt(track, trim.edge === "head" ? spot.first : spot.end, rate);
    const beside = trim.edge === "head" ? cut.before : cut.after;
    return { track, spot, other: beside === null ? null : { clip: beside, ...clipSpan(beside, rate) } };
  });
}

function roomOf(targets: readonly Target[], trim: Trim, rate: Ratio, seconds: SourceSeconds): Room {
  const rooms = targets.map((target) => roomOfOne(target, trim, rate, seconds));
  return rooms.length === 0 ? { least: 0, most: 0 } : rooms.reduce(both);
}

function roomOfOne({ track, spot, other }: Target, trim: Trim, rate: Ratio, seconds: SourceSeconds): Room {
  const own = trim.edge === "head" ? headRoom : tailRoom;
  if (trim.mode === "ripple") {
    const last = spotsOf(track, rate).reduce((end, each) => Math.max(end, each.end), 0);
    const spare = Math.max(0, timelineEnd(rate) - last);
    const room = own(spot, ANYWHERE, rate, seconds);
    return both(room, trim.edge === "head" ? { least: -spare, most: room.most } : { least: room.least, most: spare });
  }
  if (trim.mode === "plain" || other === null) return own(spot, freeAround(track, spot, rate), rate, seconds);
  const others = trim.edge === "head" ? tailRoom : headRoom;
  return both(own(spot, ANYWHERE, rate, seconds), others(other, ANYWHERE, rate, seconds));
}

function turn(spot: Spot, edge: Edge, by: number, rate: Ratio): void {
  if (edge === "head") moveHead(spot.clip, by, spot, rate);
  else moveTail(spot.clip, by, spot, rate);
}

function ripple({ track, spot }: Target, edge: Edge, by: number, rate: Ratio): void {
  turn(spot, edge, by, rate);
  const longer = edge === "head" ? -by : by;
  if (edge === "head") place(spot.clip, spot.first, spot.end - spot.first + longer, rate);
  shiftFrom(track, spot.end, longer, rate, new Set([idOf(spot.clip)]));
}
