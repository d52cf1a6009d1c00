/** The clip that the keyboard is on. */

import type { Editor } from "../app";
import { isMediaTrack, spotsOf, type Spot } from "./model/document";
import { projectRate } from "./model/time";
import { HEAD, rowsOf } from "./view/layout";

type Way = "previous" | "next" | "above" | "below";

/** Move the focus to a clip beside the one that has it, or to the first one. */
export function moveFocus(editor: Editor, way: Way): void {
  const project = editor.live.store.getState().document;
  const rate = projectRate(project);
  const lanes = rowsOf(project).flatMap(({ track }) => (isMediaTrack(track) && track.clips.length > 0 ? [spotsOf(track, rate)] : []));
  const { focus } = editor.timeline.getState();
  const row = lanes.findIndex((spots) => spots.some(({ clip }) => clip.id === focus));
  const spots = lanes[row];
  const index = spots?.findIndex(({ clip }) => clip.id === focus) ?? -1;
  const spot = spots?.[index];
  if (spot === undefined) return focusClip(editor, lanes[0]?.[0]);
  if (way === "previous" || way === "next") return focusClip(editor, spots?.[index + (way === "next" ? 1 : -1)]);
  const other = lanes[row + (way === "below" ? 1 : -1)];
  focusClip(editor, other?.find(({ end }) => end > spot.first) ?? other?.at(-1));
}

/** Give a clip the focus, and bring it into view. */
function focusClip(editor: Editor, spot: Spot | undefined): void {
  const area = document.querySelector<HTMLElement>(".tl-scroll");
  if (spot === undefined || area === null) return;
  const { scale } = editor.timeline.getState();
  const [left, right] = [spot.first * scale, spot.end * scale];
  const width = area.clientWidth - HEAD;
  if (left < area.scrollLeft) area.scrollLeft = left - 24;
  else if (right > area.scrollLeft + width) area.scrollLeft = Math.min(left - 24, right - width + 24);
  editor.timeline.setState({ focus: spot.clip.id });
  requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-clip="${CSS.escape(spot.clip.id ?? "")}"]`)?.focus());
}
