/** How the timeline is looked at and what the hand is doing on it; nothing of it is in the document. */

import { createStore, type StoreApi } from "zustand/vanilla";
import type { Clipboard } from "./model/clipboard";
import type { Move } from "./model/move";
import type { Trim } from "./model/trim";

/** A movement that is under way; the document changes when the hand lets go. */
export type Gesture =
  | { readonly kind: "move"; readonly move: Move; readonly snappedAt: number | null }
  | { readonly kind: "trim"; readonly trim: Trim; readonly snappedAt: number | null }
  | { readonly kind: "fade"; readonly id: string; readonly edge: "in" | "out"; readonly frames: number }
  | { readonly kind: "transition"; readonly id: string; readonly frames: number }
  | { readonly kind: "marquee"; readonly from: Point; readonly to: Point }
  | { readonly kind: "drop"; readonly row: number; readonly first: number; readonly frames: number; readonly snappedAt: number | null };

/** Pixels from the lanes' upper left corner. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface TimelineState {
  /** Pixels a frame. */
  readonly scale: number;
  /** What is on screen of the lanes, in pixels; `left` moves in steps, so that scrolling draws seldom. */
  readonly left: number;
  readonly width: number;
  readonly snapping: boolean;
  /** Trims and deletions move what follows. */
  readonly ripple: boolean;
  /** The clip that the keyboard is on. */
  readonly focus: string | null;
  readonly clipboard: Clipboard | null;
  readonly gesture: Gesture | null;
}

export type Timeline = StoreApi<TimelineState>;

/** Scrolling draws anew each time it has passed so many pixels; as much is drawn beyond both edges. */
export const STEP = 512;
export const LEAST_SCALE = 0.002;
export const MOST_SCALE = 64;

export function createTimeline(): Timeline {
  return createStore<TimelineState>(() => ({
    scale: 4,
    left: 0,
    width: 1024,
    snapping: true,
    ripple: false,
    focus: null,
    clipboard: null,
    gesture: null,
  }));
}

export function withinScale(scale: number): number {
  return Math.min(Math.max(scale, LEAST_SCALE), MOST_SCALE);
}
