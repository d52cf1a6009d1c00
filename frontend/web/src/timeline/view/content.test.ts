import { describe, expect, it } from "vitest";
import type { Clip } from "../../generated/client";
import { mediaSource, newClip } from "../model/clips";
import type { Spot } from "../model/document";
import { parseRate } from "../model/time";
import { extremes, readPeaks } from "../peaks";
import { gridFor } from "../strips";
import { cellsOf, sourceSecondsAt } from "./content";
import { ticksFor } from "./ticks";

const RATE = parseRate("25");

function spot(change: Partial<Clip> = {}): Spot {
  return { clip: { ...newClip(mediaSource("m1"), 100, 50, RATE), sourceStart: 10, ...change }, first: 100, end: 150 };
}

describe("what a clip shows where", () => {
  it("runs with its speed, backwards, not at all, or along a ramp", () => {
    expect(sourceSecondsAt(spot(), 25, RATE)).toBe(11);
    expect(sourceSecondsAt(spot({ speed: 2 }), 25, RATE)).toBe(12);
    expect(sourceSecondsAt(spot({ reverse: true }), 0, RATE)).toBe(12);
    expect(sourceSecondsAt(spot({ freeze: true }), 25, RATE)).toBe(10);
    const timeMap = [0, 1, 2].map((time) => ({ time, source: time ** 2, easing: "linear" as const }));
    expect([-5, 0, 12.5, 37.5, 80].map((frame) => sourceSecondsAt(spot({ timeMap, sourceStart: 0 }), frame, RATE))).toEqual([0, 0, 0.5, 2.5, 4]);
  });

  it("has pictures as far as it is seen, on a grid that zooming keeps", () => {
    expect(cellsOf(spot(), RATE, 4, 100, 0, 1000)).toEqual([{ x: 0, seconds: 10 }, { x: 100, seconds: 11 }]);
    expect(cellsOf(spot(), RATE, 40, 100, 500, 699).map(({ x }) => x)).toEqual([500, 600]);
    expect([0.9, 1, 1.1, 0].map(gridFor)).toEqual([1, 1, 2, 1 / 64]);
  });
});

describe("peaks", () => {
  const bytes = new ArrayBuffer(24 + 8);
  const view = new DataView(bytes);
  [2, 1, 8000, 4000, 4, 1].forEach((value, index) => view.setInt32(4 * index, value, true));
  [-64, 64, -32, 32, -128, 0, 0, 127].forEach((value, index) => view.setInt8(24 + index, value));

  it("are read as audiowaveform writes them, and found by seconds", () => {
    const peaks = readPeaks(bytes, 1);
    expect(peaks.perSecond).toBe(2);
    expect(extremes(peaks, 1, 2)).toEqual([-0.5, 0.5]);
    expect(extremes(peaks, 2.1, 2.2)).toEqual([-1, 0]);
    expect(extremes(peaks, 3, 9)).toBeNull();
  });

  it("are refused in another format", () => {
    const other = bytes.slice(0);
    new DataView(other).setInt32(0, 1, true);
    expect(() => readPeaks(other, 0)).toThrow(RangeError);
  });
});

describe("the ruler", () => {
  it("counts frames, then seconds, then minutes", () => {
    expect([64, 20, 4, 1, 0.01].map((scale) => ticksFor(scale, RATE))).toEqual([
      { major: 5, minor: 1 },
      { major: 5, minor: 1 },
      { major: 25, minor: 5 },
      { major: 125, minor: 25 },
      { major: 15_000, minor: 1500 },
    ]);
  });
});
