/** Line icons on a grid of 16; they say nothing to screen readers, whatever holds them has a label. */
import type { JSX } from "react";

const PATHS = {
  play: "M4.5 2.8v10.4L13 8z",
  pause: "M4.5 3v10M11.5 3v10",
  stepBack: "M11.5 3 5.5 8l6 5zM4 3v10",
  stepOn: "m4.5 3 6 5-6 5zM12 3v10",
  toStart: "M3 3v10M13 3 6.5 8l6.5 5z",
  toEnd: "M13 3v10M3 3l6.5 5L3 13z",
  markIn: "M10.5 2.5H6v11h4.5M6 8H3",
  markOut: "M5.5 2.5H10v11H5.5M10 8h3",
  loop: "M3.5 9V6.5a2 2 0 0 1 2-2h7m-2-2 2 2-2 2M12.5 7v2.5a2 2 0 0 1-2 2h-7m2 2-2-2 2-2",
  full: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  undo: "M6 3 2.8 6.2 6 9.4M3 6.2h6.2a4 4 0 0 1 0 7.3H6",
  redo: "m10 3 3.2 3.2L10 9.4m3-3.2H6.8a4 4 0 0 0 0 7.3H10",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  close: "m3.8 3.8 8.4 8.4m0-8.4-8.4 8.4",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  up: "m4 10 4-4 4 4",
  down: "m4 6 4 4 4-4",
  warning: "M8 2.5 14 13H2zM8 6.5v3M8 11.2v.1",
  check: "m3 8.5 3.3 3.3L13 4.8",
  missing: "M2.5 12.5v-9h4l1.5 2h5.5v7zM6.3 8l3.4 3.2m0-3.2-3.4 3.2",
  sound: "M2.5 8h1M5.5 5v6M8 2.8v10.4M10.5 5v6M12.5 8h1",
  film: "M2.5 3.5h11v9h-11zM5.5 3.5v9M10.5 3.5v9M2.5 6.5h3M2.5 9.5h3M10.5 6.5h3M10.5 9.5h3",
  sun: "M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6M8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9",
  moon: "M12.8 9.6A5.3 5.3 0 0 1 6.4 3.2a5.3 5.3 0 1 0 6.4 6.4",
  keyboard: "M1.5 4h13v8h-13zM4 6.5h.01M6.7 6.5h.01M9.3 6.5h.01M12 6.5h.01M5 9.5h6",
  split: "M8 2v12M2.5 5.5H6m4 0h3.5M2.5 10.5H6m4 0h3.5",
  bin: "M3 4.5h10M6.5 4V2.5h3V4M4.5 4.5l.6 9h5.8l.6-9M6.8 7v4M9.2 7v4",
  blend: "M2.5 3.5h11v9h-11zM2.5 12.5l11-9",
  letters: "M3 4V3h10v1M8 3v10M6 13h4",
  magnet: "M4 2.5v5.5a4 4 0 0 0 8 0V2.5H9.5V8a1.5 1.5 0 0 1-3 0V2.5zM4 5h2.5M9.5 5H12",
  ripple: "M2.5 4v8M5 8h8m-3-3 3 3-3 3",
  fit: "M2.5 3v10M13.5 3v10M5 8h6M6.8 6 5 8l1.8 2M9.2 6 11 8l-1.8 2",
} as const;

export type IconName = keyof typeof PATHS;

const FILLED: ReadonlySet<IconName> = new Set(["play", "stepBack", "stepOn", "toStart", "toEnd"]);

export function Icon({ name, size = 16 }: { name: IconName; size?: number }): JSX.Element {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill={FILLED.has(name) ? "currentColor" : "none"}
      stroke="currentColor"
      strokeWidth={name === "more" ? 2.4 : name === "pause" ? 2.6 : 1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
