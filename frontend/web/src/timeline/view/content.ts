/** Which instants of its source a clip shows where; for drawing, in floats. */

import type { Clip } from "../../generated/client";
import { toNumber, type Ratio } from "../../project/time";
import type { Spot } from "../model/document";
import { drawnSeconds, gridFor } from "../strips";

/** Seconds of the source at a place of the clip, counted in frames from its start. */
export function sourceSecondsAt({ clip, first, end }: Spot, frames: number, rate: Ratio): number {
  const perSecond = toNumber(rate);
  const start = drawnSeconds(clip.sourceStart);
  if (clip.timeMap !== null) return mapped(clip.timeMap, frames / perSecond);
  if (clip.freeze) return start;
  const own = clip.reverse ? end - first - frames : frames;
  return start + (own / perSecond) * clip.speed;
}

/** A ramp's source at a time, by straight lines between its keys. */
function mapped(keys: NonNullable<Clip["timeMap"]>, time: number): number {
  const points = keys.map((key) => [drawnSeconds(key.time), drawnSeconds(key.source)] as const);
  const after = points.findIndex(([at]) => at > time);
  const [left, right] = [points[after < 0 ? points.length - 1 : after - 1], points[after]];
  if (left === undefined) return right?.[1] ?? 0;
  return right === undefined ? left[1] : left[1] + ((time - left[0]) / (right[0] - left[0])) * (right[1] - left[1]);
}

export interface Cell {
  /** Pixels from the clip's left edge. */
  readonly x: number;
  /** Seconds of the source, on the grid. */
  readonly seconds: number;
}

/** Where pictures of a width lie in a clip, as far as they are between two places (pixels from its left edge). */
export function cellsOf(spot: Spot, rate: Ratio, scale: number, width: number, from: number, to: number): Cell[] {
  const grid = gridFor((width / scale / toNumber(rate)) * (spot.clip.freeze ? 1 : spot.clip.speed));
  const cells: Cell[] = [];
  const wide = (spot.end - spot.first) * scale;
  for (let index = Math.max(0, Math.floor(from / width)); index * width < Math.min(to, wide); index++) {
    const seconds = sourceSecondsAt(spot, (index * width) / scale, rate);
    cells.push({ x: index * width, seconds: Math.max(0, Math.floor(seconds / grid) * grid) });
  }
  return cells;
}
