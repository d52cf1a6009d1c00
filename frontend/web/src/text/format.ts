import { language } from ".";

/** `0:07.3` below a minute, then `m:ss`, from an hour on `h:mm:ss`. */
export function lengthText(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  if (seconds < 59.95) return `0:${seconds.toFixed(1).padStart(4, "0")}`;
  const whole = Math.round(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A number with at most so many decimals, as the language writes it. */
export function numberText(value: number, decimals = 2): string {
  return new Intl.NumberFormat(language.getState().language, { maximumFractionDigits: decimals }).format(value);
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.split(/[/\\]/u).at(-1) ?? path;
}
