import type { JSX, KeyboardEvent, PointerEvent } from "react";
import { useStore } from "zustand";
import { useEditor } from "../../app";
import { useText } from "../../text/use";

const LEAST = 140;
const STEP = 16;

/** The upper edge of the panel, to be dragged, or moved by the arrow keys. */
export function Resizer(): JSX.Element {
  const { preferences } = useEditor().app;
  const t = useText();
  const height = useStore(preferences, (state) => state.timelineHeight);
  const resize = (to: number): void => {
    const most = Math.max(LEAST, window.innerHeight - 260);
    preferences.setState({ timelineHeight: Math.round(Math.min(Math.max(to, LEAST), most)) });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowUp: STEP, ArrowDown: -STEP }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    resize(height + by);
  };
  const onPointerMove = (event: PointerEvent): void => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) resize(window.innerHeight - event.clientY);
  };
  return (
    <div
      className="tl-resizer"
      role="separator"
      aria-orientation="horizontal"
      aria-label={t("app.resize")}
      aria-valuenow={height}
      aria-valuemin={LEAST}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={onPointerMove}
    />
  );
}
