/** Exact time. Seconds are a JSON number (the decimal that JavaScript prints for it) or `num/den`; frames are integers. */
import type { Seconds } from "../generated/client";

/** A reduced fraction with a positive denominator. */
export interface Ratio {
  readonly num: bigint;
  readonly den: bigint;
}

/** Make a reduced fraction; raises RangeError for a denominator of 0. */
export function ratio(num: bigint, den = 1n): Ratio {
  if (den === 0n) throw new RangeError("a denominator of 0");
  const divisor = gcd(num < 0n ? -num : num, den < 0n ? -den : den) * (den < 0n ? -1n : 1n);
  return { num: num / divisor, den: den / divisor };
}

/** Read seconds, or a frame rate; raises RangeError for what is neither a finite number nor `num/den`. */
export function parse(value: Seconds): Ratio {
  const text = String(value);
  const fraction = /^(-?\d+)\/(\d+)$/u.exec(text);
  if (fraction) return ratio(BigInt(fraction[1] ?? ""), BigInt(fraction[2] ?? ""));
  const decimal = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/u.exec(text);
  if (!decimal) throw new RangeError(`not seconds: ${text}`);
  const [, sign, whole = "", part = "", exponent = "0"] = decimal;
  const shift = part.length - Number(exponent);
  const digits = BigInt(`${sign}${whole}${part}`);
  return shift > 0 ? ratio(digits, 10n ** BigInt(shift)) : ratio(digits * 10n ** BigInt(-shift));
}

export function add(a: Ratio, b: Ratio): Ratio {
  return ratio(a.num * b.den + b.num * a.den, a.den * b.den);
}

export function subtract(a: Ratio, b: Ratio): Ratio {
  return ratio(a.num * b.den - b.num * a.den, a.den * b.den);
}

export function multiply(a: Ratio, b: Ratio): Ratio {
  return ratio(a.num * b.num, a.den * b.den);
}

export function divide(a: Ratio, b: Ratio): Ratio {
  return ratio(a.num * b.den, a.den * b.num);
}

/** Negative, zero or positive as a lies before, at or after b. */
export function compare(a: Ratio, b: Ratio): number {
  const difference = a.num * b.den - b.num * a.den;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function floor(value: Ratio): number {
  const quotient = value.num / value.den;
  return Number(value.num < 0n && quotient * value.den !== value.num ? quotient - 1n : quotient);
}

/** The nearest double; for drawing, never for reckoning. */
export function toNumber(value: Ratio): number {
  return Number(value.num) / Number(value.den);
}

/** Write seconds: a number where its decimal is exact and short, else `num/den`. */
export function format(value: Ratio): Seconds {
  const near = toNumber(value);
  const text = String(near);
  if (text.length <= 12 && !text.includes("e") && compare(parse(near), value) === 0) return near;
  return `${value.num}/${value.den}`;
}

const TOLERANCE = ratio(1n, 1000n);

/** The frame that is on screen at an instant: floor(t * rate + 1/1000). */
export function instantFrame(seconds: Seconds, rate: Ratio): number {
  return floor(add(multiply(parse(seconds), rate), TOLERANCE));
}

/** The instant at which a frame begins. */
export function frameTime(frame: number, rate: Ratio): Ratio {
  return divide(ratio(BigInt(frame)), rate);
}

/** `h:mm:ss:ff` without dropped numbers: frames are counted as the rate rounded up counts them. */
export function timecode(frame: number, rate: Ratio): string {
  const base = Math.ceil(toNumber(rate));
  const count = Math.abs(frame);
  const seconds = Math.floor(count / base);
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const text = `${hours}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}:${two(count % base)}`;
  return frame < 0 ? `-${text}` : text;
}

/** The frame of a timecode as it is typed: the last part is frames, parts may be missing. Null for anything else. */
export function parseTimecode(text: string, rate: Ratio): number | null {
  if (!/^\d{1,9}(?:[:;.]\d{1,2}){0,3}$/u.test(text.trim())) return null;
  const [frames = 0, seconds = 0, minutes = 0, hours = 0] = text.trim().split(/[:;.]/u).map(Number).toReversed();
  return (hours * 3600 + minutes * 60 + seconds) * Math.ceil(toNumber(rate)) + frames;
}

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n ? 1n : a;
}
