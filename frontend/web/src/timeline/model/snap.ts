/** Snapping: edges that come near a point stop there. */

import type { Project } from "../../generated/client";
import { parse } from "../../project/time";
import { idOf, isMediaTrack } from "./document";
import { clipSpan, frameAt, projectRate } from "./time";

/** Frames at which something lies, rising: edges of clips and cues, markers, the playhead, zero. `except` clips move. */
export function snapPoints(project: Project, except: ReadonlySet<string>, playhead: number): number[] {
  const rate = projectRate(project);
  const points = new Set([0, playhead]);
  for (const track of project.tracks) {
    if (!isMediaTrack(track)) {
      for (const cue of track.cues) points.add(frameAt(parse(cue.start), rate)).add(frameAt(parse(cue.end), rate));
      continue;
    }
    for (const clip of track.clips) {
      if (except.has(idOf(clip))) continue;
      const { first, end } = clipSpan(clip, rate);
      points.add(first).add(end);
    }
  }
  for (const marker of project.markers) points.add(frameAt(parse(marker.time), rate));
  return [...points].toSorted((a, b) => a - b);
}

/** What a movement becomes: of all edges the one that is nearest to a point within `reach` frames lands on it. */
export function snap(edges: readonly number[], by: number, points: readonly number[], reach: number): { by: number; at: number | null } {
  let best = { by, at: null as number | null, off: reach + 1 };
  for (const edge of edges) {
    const point = nearest(points, edge + by);
    const off = point === null ? Infinity : Math.abs(point - edge - by);
    if (point !== null && off <= reach && off < best.off) best = { by: point - edge, at: point, off };
  }
  return { by: best.by, at: best.at };
}

/** The point of a rising list that is nearest to a frame. */
export function nearest(points: readonly number[], frame: number): number | null {
  const after = firstFrom(points, frame);
  const [left, right] = [points[after - 1], points[after]];
  if (left === undefined) return right ?? null;
  return right === undefined || frame - left <= right - frame ? left : right;
}

/** The index of the first of a rising list that is not below a value. */
export function firstFrom(rising: readonly number[], value: number): number {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rising[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
