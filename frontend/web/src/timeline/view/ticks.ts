/** Where the ruler has lines and numbers. */

import { toNumber, type Ratio } from "../../project/time";

export interface Ticks {
  /** Frames between two numbers. */
  readonly major: number;
  /** Frames between two lines. */
  readonly minor: number;
}

const FEWEST_PIXELS = 96;
const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400];

/** Numbers on even parts of a second, then on whole seconds, far enough apart to be read. */
export function ticksFor(scale: number, rate: Ratio): Ticks {
  const base = Math.ceil(toNumber(rate));
  const frames = Array.from({ length: base - 1 }, (_, index) => index + 1).find((each) => base % each === 0 && each * scale >= FEWEST_PIXELS);
  if (frames !== undefined) return { major: frames, minor: 1 };
  const seconds = SECONDS.find((each) => each * base * scale >= FEWEST_PIXELS) ?? SECONDS.at(-1) ?? 1;
  const major = seconds * base;
  const minor = [10, 5, 4, 2].map((parts) => major / parts).find((each) => Number.isInteger(each) && each * scale >= 8);
  return { major, minor: minor ?? major };
}
