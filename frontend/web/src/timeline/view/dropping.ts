/** Files of the bin that are dragged onto the lanes. */

import type { DragEvent } from "react";
import type { Editor } from "../../app";
import { asNewMedia } from "../../media/commands";
import { DRAGGED } from "../../media/Tile";
import { floor, multiply, ratio } from "../../project/time";
import { insertMedia, type NewMedia } from "../model/insert";
import { snap, snapPoints } from "../model/snap";
import { projectRate } from "../model/time";
import { selectClips } from "../selecting";
import type { Point } from "../state";
import { rowAt, rowsOf } from "./layout";

const REACH = 8;
const STILL = ratio(5n);
const NONE: ReadonlySet<string> = new Set();

/** Show where what is dragged would come to lie. */
export function dragOver(editor: Editor, event: DragEvent, point: Point): void {
  if (!event.dataTransfer.types.includes(DRAGGED)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
  // What is dragged can be read when it is dropped, not before; it is what is selected in the bin.
  const items = [...editor.selection.getState().media].flatMap((id) => asNewMedia(editor, id) ?? []);
  const { document } = editor.live.store.getState();
  const frames = items.reduce((sum, item) => sum + framesOf(editor, item), 0);
  const at = landing(editor, point, frames);
  const old = editor.timeline.getState().gesture;
  const row = rowAt(rowsOf(document), point.y);
  if (old?.kind === "drop" && old.first === at.frame && old.row === row) return;
  editor.timeline.setState({ gesture: { kind: "drop", row, first: at.frame, frames, snappedAt: at.snappedAt } });
}

export function leave({ timeline }: Editor): void {
  if (timeline.getState().gesture?.kind === "drop") timeline.setState({ gesture: null });
}

/** Put what was dragged where it was let go. */
export function drop(editor: Editor, event: DragEvent, point: Point): void {
  const text = event.dataTransfer.getData(DRAGGED);
  leave(editor);
  if (text === "") return;
  event.preventDefault();
  const items = (JSON.parse(text) as string[]).flatMap((id) => asNewMedia(editor, id) ?? []);
  const frames = items.reduce((sum, item) => sum + framesOf(editor, item), 0);
  const rows = rowsOf(editor.live.store.getState().document);
  const track = rows[rowAt(rows, point.y)]?.track.id ?? null;
  const { frame } = landing(editor, point, frames);
  const into = editor.timeline.getState().ripple ? "insert" : "overwrite";
  const ids = editor.live.edit("timeline.insert", (draft) => insertMedia(draft, items, { track, frame, landing: into }));
  selectClips(editor, ids);
}

function landing(editor: Editor, point: Point, frames: number): { frame: number; snappedAt: number | null } {
  const { scale, snapping } = editor.timeline.getState();
  const first = Math.max(0, Math.round(point.x / scale));
  const points = snapPoints(editor.live.store.getState().document, NONE, editor.playback.frame);
  const snapped = snap([first, first + frames], 0, points, snapping ? REACH / scale : -1);
  const frame = Math.max(0, first + snapped.by);
  return { frame, snappedAt: frame === first + snapped.by ? snapped.at : null };
}

function framesOf(editor: Editor, item: NewMedia): number {
  return Math.max(1, floor(multiply(item.seconds ?? STILL, projectRate(editor.live.store.getState().document))));
}
