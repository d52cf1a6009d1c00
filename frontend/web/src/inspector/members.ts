/** The numbers of a clip: their ranges are those of docs/project.md §3, the sliders end where one mostly stops. */

import type { Key } from "../text";
import type { NumberPath } from "./edits";

export interface NumberMember {
  readonly path: NumberPath;
  readonly label: Key;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly normal: number;
  readonly unit?: string;
  readonly slide?: readonly [number, number];
}

const FRACTION = { min: 0, max: 1, step: 0.01, normal: 1 };
const PLACE = { min: -10, max: 10, step: 0.001, normal: 0.5, slide: [-0.5, 1.5] } as const;
const SIGNED = { min: -1, max: 1, step: 0.01, normal: 0 };
const FACTOR = { min: 0, max: 4, step: 0.01, normal: 1, slide: [0, 2], unit: "×" } as const;
const MARGIN = { min: 0, max: 0.99, step: 0.001, normal: 0 };

export const PICTURE: readonly NumberMember[] = [
  { path: "opacity", label: "inspector.opacity", ...FRACTION },
  { path: "transform.x", label: "inspector.x", ...PLACE },
  { path: "transform.y", label: "inspector.y", ...PLACE },
  { path: "transform.scaleX", label: "inspector.scale", min: -50, max: 50, step: 0.01, normal: 1, slide: [0, 3], unit: "×" },
  { path: "transform.rotation", label: "inspector.rotation", min: -36_000, max: 36_000, step: 0.5, normal: 0, slide: [-180, 180], unit: "°" },
];

export const CROPS: readonly NumberMember[] = (["left", "top", "right", "bottom"] as const).map((side) => ({
  path: `crop.${side}`,
  label: `inspector.crop.${side}`,
  ...MARGIN,
}));

export const COLORS: readonly NumberMember[] = [
  { path: "color.brightness", label: "inspector.brightness", ...SIGNED },
  { path: "color.contrast", label: "inspector.contrast", ...FACTOR },
  { path: "color.saturation", label: "inspector.saturation", ...FACTOR },
  { path: "color.hue", label: "inspector.hue", min: -180, max: 180, step: 1, normal: 0, unit: "°" },
  { path: "color.gamma", label: "inspector.gamma", min: 0.1, max: 10, step: 0.01, normal: 1, slide: [0.1, 3] },
  { path: "color.temperature", label: "inspector.temperature", ...SIGNED },
  { path: "color.tint", label: "inspector.tint", ...SIGNED },
  { path: "color.highlights", label: "inspector.highlights", ...SIGNED },
  { path: "color.shadows", label: "inspector.shadows", ...SIGNED },
  { path: "color.whites", label: "inspector.whites", ...SIGNED },
  { path: "color.blacks", label: "inspector.blacks", ...SIGNED },
];

export const SOUND: readonly NumberMember[] = [
  { path: "volume", label: "inspector.volume", ...FACTOR },
  { path: "pan", label: "inspector.pan", ...SIGNED },
];
