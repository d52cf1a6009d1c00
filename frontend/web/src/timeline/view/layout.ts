/** Rows of the timeline: which track lies where on screen. */

import type { Clip, Project } from "../../generated/client";
import type { Ratio } from "../../project/time";
import { spotsOf, type MediaTrack, type Spot, type Track } from "../model/document";
import { firstFrom } from "../model/snap";

export const HEAD = 188;
export const RULER = 26;
const HEIGHTS: Record<Track["kind"], number> = { subtitle: 30, video: 60, audio: 48 };

export interface Row {
  readonly track: Track;
  readonly top: number;
  readonly height: number;
}

/** Titles and pictures from the top of the stack down, then sound. */
export function rowsOf(project: Project): Row[] {
  const above = project.tracks.filter((track) => track.kind !== "audio").toReversed();
  const ordered = [...above.filter((track) => track.kind === "subtitle"), ...above.filter((track) => track.kind === "video")];
  let top = 0;
  return [...ordered, ...project.tracks.filter((track) => track.kind === "audio")].map((track) => {
    const row = { track, top, height: HEIGHTS[track.kind] };
    top += row.height;
    return row;
  });
}

/** The index of the row at a height: the first or last one beyond the ends. */
export function rowAt(rows: readonly Row[], y: number): number {
  const index = rows.findIndex((row) => y < row.top + row.height);
  return index < 0 ? rows.length - 1 : index;
}

interface Kept {
  readonly rate: Ratio;
  readonly spots: readonly Spot[];
  readonly ends: readonly number[];
  readonly firsts: readonly number[];
}

const kept = new WeakMap<readonly Clip[], Kept>();

function measured(track: MediaTrack, rate: Ratio): Kept {
  const known = kept.get(track.clips);
  if (known !== undefined && known.rate === rate) return known;
  const spots = spotsOf(track, rate);
  const fresh = { rate, spots, ends: spots.map((spot) => spot.end), firsts: spots.map((spot) => spot.first) };
  kept.set(track.clips, fresh);
  return fresh;
}

/** The clips of a track that have frames in [from, to). */
export function visibleSpots(track: MediaTrack, from: number, to: number, rate: Ratio): readonly Spot[] {
  const { spots, ends, firsts } = measured(track, rate);
  return spots.slice(firstFrom(ends, from + 1), firstFrom(firsts, to));
}
