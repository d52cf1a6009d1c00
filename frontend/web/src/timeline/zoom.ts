/** Zooming and scrolling of the lanes. */

import type { Editor } from "../app";
import { lastFrame } from "./model/time";
import { withinScale } from "./state";
import { HEAD } from "./view/layout";

const MARGIN = 24;

/** The element that scrolls; null before the timeline is drawn. */
function scroller(): HTMLElement | null {
  return document.querySelector<HTMLElement>(".tl-scroll");
}

/** Zoom so that a frame stays where it is on screen: the one under the playhead if that is seen, else the middle. */
export function zoomBy(editor: Editor, factor: number, at: number | null = null): void {
  const area = scroller();
  const { scale } = editor.timeline.getState();
  const next = withinScale(scale * factor);
  if (area === null || next === scale) return;
  const visible = area.clientWidth - HEAD;
  const playhead = editor.playback.frame * scale - area.scrollLeft;
  const anchor = at ?? (playhead >= 0 && playhead <= visible ? playhead : visible / 2);
  const frame = (area.scrollLeft + anchor) / scale;
  editor.timeline.setState({ scale: next });
  // The lanes have their new width once they are drawn.
  requestAnimationFrame(() => {
    area.scrollLeft = frame * next - anchor;
  });
}

/** Show all of the timeline. */
export function zoomToFit(editor: Editor): void {
  const area = scroller();
  const { document: project } = editor.live.store.getState();
  const frames = lastFrame(project);
  const room = (area?.clientWidth ?? 0) - HEAD - MARGIN;
  if (area === null || frames === 0 || room <= 0) return;
  editor.timeline.setState({ scale: withinScale(room / frames) });
  area.scrollLeft = 0;
}
