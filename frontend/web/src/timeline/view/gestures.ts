/** What a press on the lanes becomes: a selection, a drag, a trim, a fade, a marquee. */

import type { Editor } from "../../app";
import { findClip, type Place } from "../model/document";
import { setFade } from "../model/fades";
import { fitMove, lanesOf, moveClips } from "../model/move";
import { within } from "../model/room";
import { snap, snapPoints } from "../model/snap";
import { clipSpan, projectRate } from "../model/time";
import { changeTransition, findTransition, transitionSpan } from "../model/transitions";
import { trimClips, trimmedWith, trimRoom, type Edge, type Trim, type TrimMode } from "../model/trim";
import { editableClips, selectClips, selectedClips, selectTransition } from "../selecting";
import { sourceSeconds } from "../sources";
import type { Gesture, Point } from "../state";
import { rowAt, rowsOf, visibleSpots } from "./layout";

/** Follows the pointer from a press to its end. */
export interface Drag {
  /** `point` in pixels of the lanes, `by` since the press. */
  move(point: Point, by: Point, keys: Keys): void;
  /** The hand lets go: the document changes. */
  end(): void;
  /** It was a press without a movement. */
  click?(): void;
}

export interface Keys {
  readonly shift: boolean;
  readonly mod: boolean;
  readonly alt: boolean;
}

const REACH = 8;

/** What a press on something of the lanes begins. */
export function dragOf(editor: Editor, target: Element, start: Point, keys: Keys): Drag {
  const part = target.closest<HTMLElement>("[data-part]")?.dataset["part"];
  const transition = target.closest<HTMLElement>("[data-transition]")?.dataset["transition"];
  if (transition !== undefined) return dragTransition(editor, transition);
  const id = target.closest<HTMLElement>("[data-clip]")?.dataset["clip"];
  const place = id === undefined ? null : findClip(editor.live.store.getState().document, id);
  if (id === undefined || place === null) return dragMarquee(editor, start, keys);
  editor.timeline.setState({ focus: id });
  if (place.track.locked) return { move: () => {}, end: () => {}, click: () => selectClips(editor, [id]) };
  if (part === "head" || part === "tail") return dragEdge(editor, id, part);
  if (part === "fadeIn" || part === "fadeOut") return dragFade(editor, place, part === "fadeIn" ? "in" : "out");
  return dragClips(editor, place, keys);
}

function gesture(editor: Editor, to: Gesture | null): void {
  editor.timeline.setState({ gesture: to });
}

/** How near a point has to be, in frames. */
function reach(editor: Editor): number {
  const { scale, snapping } = editor.timeline.getState();
  return snapping ? REACH / scale : -1;
}

function dragClips(editor: Editor, { clip, track }: Place, keys: Keys): Drag {
  const id = clip.id ?? "";
  const { document } = editor.live.store.getState();
  const rate = projectRate(document);
  const wasSelected = selectedClips(editor).has(id);
  const toggling = keys.mod || keys.shift;
  if (!wasSelected) selectClips(editor, [id], { toggle: toggling, alone: keys.alt });
  const ids = editableClips(editor);
  const rows = rowsOf(document);
  const grabbed = rows.findIndex((row) => row.track.id === track.id);
  const lanes = lanesOf(document, track.kind).map((lane) => lane.id);
  const edges = [...ids].flatMap((each) => {
    const found = findClip(document, each);
    return found === null ? [] : Object.values(clipSpan(found.clip, rate));
  });
  const points = snapPoints(document, ids, editor.playback.frame);
  let last: Extract<Gesture, { kind: "move" }> | null = null;
  return {
    move(point, by) {
      const { scale } = editor.timeline.getState();
      const snapped = snap(edges, Math.round(by.x / scale), points, reach(editor));
      const under = rows[rowAt(rows, point.y)]?.track;
      const to = under?.kind === track.kind ? lanes.indexOf(under.id) : lanes.indexOf(rows[grabbed]?.track.id ?? null);
      const wish = { ids, frames: snapped.by, tracks: to - lanes.indexOf(track.id), kind: track.kind };
      const move = fitMove(document, wish);
      last = { kind: "move", move, snappedAt: move.frames === snapped.by ? snapped.at : null };
      gesture(editor, last);
    },
    end() {
      gesture(editor, null);
      const move = last?.move;
      if (move) editor.live.edit("timeline.move", (draft) => moveClips(draft, move));
    },
    click() {
      if (wasSelected) selectClips(editor, [id], { toggle: toggling, alone: keys.alt });
    },
  };
}

function dragEdge(editor: Editor, id: string, edge: Edge): Drag {
  const { document } = editor.live.store.getState();
  const rate = projectRate(document);
  const ids = trimmedWith(document, id, edge);
  const found = findClip(document, id);
  const at = found === null ? 0 : clipSpan(found.clip, rate)[edge === "head" ? "first" : "end"];
  const points = snapPoints(document, ids, editor.playback.frame);
  const seconds = sourceSeconds(editor);
  let last: Trim | null = null;
  return {
    move(_point, by, keys) {
      const { scale, ripple } = editor.timeline.getState();
      const mode: TrimMode = keys.mod ? "roll" : ripple !== keys.shift ? "ripple" : "plain";
      const snapped = snap([at], Math.round(by.x / scale), points, reach(editor));
      const wish = { ids, edge, mode, frames: snapped.by };
      const frames = within(snapped.by, trimRoom(document, wish, seconds));
      last = { ...wish, frames };
      gesture(editor, { kind: "trim", trim: last, snappedAt: frames === snapped.by ? snapped.at : null });
    },
    end() {
      gesture(editor, null);
      const trim = last;
      if (trim) editor.live.edit("timeline.trim", (draft) => trimClips(draft, trim, seconds));
    },
    click: () => selectClips(editor, [id]),
  };
}

function dragFade(editor: Editor, { clip, track }: Place, edge: "in" | "out"): Drag {
  const id = clip.id ?? "";
  const { document } = editor.live.store.getState();
  const { first, end } = clipSpan(clip, projectRate(document));
  let frames: number | null = null;
  return {
    move(point) {
      const at = Math.round(point.x / editor.timeline.getState().scale);
      frames = Math.min(end - first, Math.max(0, edge === "in" ? at - first : end - at));
      gesture(editor, { kind: "fade", id, edge, frames });
    },
    end() {
      gesture(editor, null);
      const length = frames;
      if (length !== null) editor.live.edit("timeline.fade", (draft) => setFade(draft, id, edge, length));
    },
    click: () => track.locked || selectClips(editor, [id]),
  };
}

function dragTransition(editor: Editor, id: string): Drag {
  const { document } = editor.live.store.getState();
  const found = findTransition(document, id);
  const span = found && transitionSpan(found.transition, found.track, projectRate(document));
  const length = span === null ? 0 : span.end - span.first;
  // Around a cut both ends move.
  const twice = found?.transition.from !== null && found?.transition.to !== null && found?.transition.align === "center" ? 2 : 1;
  let frames: number | null = null;
  return {
    move(_point, by) {
      frames = Math.max(2, length + twice * Math.round(by.x / editor.timeline.getState().scale));
      gesture(editor, { kind: "transition", id, frames });
    },
    end() {
      gesture(editor, null);
      const wanted = frames;
      if (wanted !== null) editor.live.edit("timeline.transitionLength", (draft) => changeTransition(draft, id, { frames: wanted }));
    },
    click: () => selectTransition(editor, id),
  };
}

function dragMarquee(editor: Editor, from: Point, keys: Keys): Drag {
  const before = keys.mod || keys.shift ? selectedClips(editor) : new Set<string>();
  const { document } = editor.live.store.getState();
  const rows = rowsOf(document);
  const rate = projectRate(document);
  return {
    move(to) {
      const { scale } = editor.timeline.getState();
      gesture(editor, { kind: "marquee", from, to });
      const [left, right] = [Math.min(from.x, to.x) / scale, Math.max(from.x, to.x) / scale];
      const [top, bottom] = [Math.min(from.y, to.y), Math.max(from.y, to.y)];
      const inside = rows.flatMap(({ track, top: at, height }) =>
        track.kind === "subtitle" || at + height < top || at > bottom ? [] : visibleSpots(track, left, right, rate).map(({ clip }) => clip.id ?? ""),
      );
      selectClips(editor, [...before, ...inside], { alone: keys.alt });
    },
    end: () => gesture(editor, null),
    click: () => selectClips(editor, before),
  };
}
