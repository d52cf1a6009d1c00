/** What is dragged onto the lanes: files of the bin, and the transition of the toolbar. */

import type { DragEvent } from "react";
import type { Editor } from "../../app";
import { asNewMedia } from "../../media/commands";
import { DRAGGED } from "../../media/Tile";
import { floor, multiply, ratio } from "../../project/time";
import { usualFrames } from "../commands";
import { isMediaTrack, spotsOf } from "../model/document";
import { insertMedia, type NewMedia } from "../model/insert";
import { nearest, snap, snapPoints } from "../model/snap";
import { projectRate } from "../model/time";
import { addTransition, transitionRoom } from "../model/transitions";
import { selectClips, selectTransition } from "../selecting";
import type { Point } from "../state";
import { rowAt, rowsOf } from "./layout";

/** What the toolbar's transition is dragged as: its type. */
export const DRAGGED_TRANSITION = "application/x-studio-transition";

const REACH = 8;
const REACH_OF_CUT = 40;
const STILL = ratio(5n);
const NONE: ReadonlySet<string> = new Set();

/** Show where what is dragged would come to lie. */
export function dragOver(editor: Editor, event: DragEvent, point: Point): void {
  const { types } = event.dataTransfer;
  const place = types.includes(DRAGGED_TRANSITION) ? cutNear(editor, point) : types.includes(DRAGGED) ? placeOfFiles(editor, point) : null;
  if (place === null) return leave(editor);
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
  const old = editor.timeline.getState().gesture;
  if (old?.kind === "drop" && old.first === place.first && old.row === place.row) return;
  editor.timeline.setState({ gesture: { kind: "drop", ...place } });
}

export function leave({ timeline }: Editor): void {
  if (timeline.getState().gesture?.kind === "drop") timeline.setState({ gesture: null });
}

/** Put what was dragged where it was let go. */
export function drop(editor: Editor, event: DragEvent, point: Point): void {
  const [files, transition] = [DRAGGED, DRAGGED_TRANSITION].map((type) => event.dataTransfer.getData(type));
  leave(editor);
  if (files) dropFiles(editor, JSON.parse(files) as string[], point);
  else if (transition) dropTransition(editor, transition, point);
  else return;
  event.preventDefault();
}

interface Place {
  readonly row: number;
  readonly first: number;
  readonly frames: number;
  readonly snappedAt: number | null;
}

/** What is dragged can be read when it is dropped, not before; it is what is selected in the bin. */
function placeOfFiles(editor: Editor, point: Point): Place {
  const items = [...editor.selection.getState().media].flatMap((id) => asNewMedia(editor, id) ?? []);
  const frames = lengthOf(editor, items);
  const { frame, snappedAt } = landing(editor, point, frames);
  return { row: rowAt(rowsOf(editor.live.store.getState().document), point.y), first: frame, frames, snappedAt };
}

function dropFiles(editor: Editor, media: readonly string[], point: Point): void {
  const items = media.flatMap((id) => asNewMedia(editor, id) ?? []);
  const rows = rowsOf(editor.live.store.getState().document);
  const track = rows[rowAt(rows, point.y)]?.track.id ?? null;
  const { frame } = landing(editor, point, lengthOf(editor, items));
  const into = editor.timeline.getState().ripple ? "insert" : "overwrite";
  selectClips(editor, editor.live.edit("timeline.insert", (draft) => insertMedia(draft, items, { track, frame, landing: into })));
}

function landing(editor: Editor, point: Point, frames: number): { frame: number; snappedAt: number | null } {
  const { scale, snapping } = editor.timeline.getState();
  const first = Math.max(0, Math.round(point.x / scale));
  const points = snapPoints(editor.live.store.getState().document, NONE, editor.playback.frame);
  const snapped = snap([first, first + frames], 0, points, snapping ? REACH / scale : -1);
  const frame = Math.max(0, first + snapped.by);
  return { frame, snappedAt: frame === first + snapped.by ? snapped.at : null };
}

function lengthOf(editor: Editor, items: readonly NewMedia[]): number {
  const rate = projectRate(editor.live.store.getState().document);
  return items.reduce((frames, item) => frames + Math.max(1, floor(multiply(item.seconds ?? STILL, rate))), 0);
}

/** The edge of a clip near the pointer where a transition fits; null where there is none. */
function cutNear(editor: Editor, point: Point): (Place & { readonly cut: number; readonly track: string }) | null {
  const { document } = editor.live.store.getState();
  const { scale } = editor.timeline.getState();
  const rate = projectRate(document);
  const rows = rowsOf(document);
  const row = rowAt(rows, point.y);
  const track = rows[row]?.track;
  if (!isMediaTrack(track) || track.locked) return null;
  const cuts = [...new Set(spotsOf(track, rate).flatMap(({ first, end }) => [first, end]))].toSorted((a, b) => a - b);
  const cut = nearest(cuts, point.x / scale);
  const room = cut === null || Math.abs(cut * scale - point.x) > REACH_OF_CUT ? null : transitionRoom(track, cut, "center", rate);
  if (cut === null || room === null) return null;
  const frames = Math.min(usualFrames(document), room.most);
  const before = room.from === null ? 0 : room.to === null ? frames : Math.floor(frames / 2);
  return { row, first: cut - before, frames, snappedAt: cut, cut, track: track.id ?? "" };
}

function dropTransition(editor: Editor, type: string, point: Point): void {
  const place = cutNear(editor, point);
  if (place === null) return;
  const id = editor.live.edit("timeline.addTransition", (draft) => addTransition(draft, { track: place.track, frame: place.cut, type, frames: place.frames }));
  if (id !== null) selectTransition(editor, id);
}
