import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compare, format, frameTime, instantFrame, parse, parseTimecode, ratio, timecode } from "./time";

const rates = fc.constantFrom("24", "25", "30", "60", "24000/1001", "30000/1001", "60000/1001", "12.5").map(parse);

describe("time", () => {
  it("reads numbers as the decimals that they are printed as", () => {
    expect(parse(0.1)).toEqual(ratio(1n, 10n));
    expect(parse(1e-7)).toEqual(ratio(1n, 10_000_000n));
    expect(parse(1.5e21)).toEqual(ratio(1_500_000_000_000_000_000_000n));
    expect(parse("-6/4")).toEqual(ratio(-3n, 2n));
    for (const wrong of ["", "1/0", "a", "1/2/3", Number.NaN, Number.POSITIVE_INFINITY]) expect(() => parse(wrong)).toThrow(RangeError);
  });

  it("writes seconds so that they are read as the same", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 9n), max: 10n ** 9n }), fc.bigInt({ min: 1n, max: 10n ** 7n }), (num, den) => {
        const value = ratio(num, den);
        expect(compare(parse(format(value)), value)).toBe(0);
      }),
    );
    expect(format(ratio(1n, 4n))).toBe(0.25);
    expect(format(ratio(1001n, 30_000n))).toBe("1001/30000");
  });

  it("finds the frame of the instant at which it begins", () => {
    fc.assert(
      fc.property(fc.nat(2_000_000), rates, (frame, rate) => {
        const at = format(frameTime(frame, rate));
        expect(instantFrame(at, rate)).toBe(frame);
      }),
    );
  });

  it("rounds instants down", () => {
    const rate = parse("25");
    expect(instantFrame(0.0399, rate)).toBe(0);
    expect(instantFrame(0.03997, rate)).toBe(1);
  });

  it("reads the timecodes that it writes", () => {
    fc.assert(
      fc.property(fc.nat(10_000_000), rates, (frame, rate) => {
        expect(parseTimecode(timecode(frame, rate), rate)).toBe(frame);
      }),
    );
    const rate = parse("30000/1001");
    expect(timecode(1800, rate)).toBe("0:01:00:00");
    expect(parseTimecode("1:2", rate)).toBe(32);
    expect(parseTimecode("nonsense", rate)).toBeNull();
  });
});
