import { useEffect, useRef, type JSX, type KeyboardEvent, type PointerEvent } from "react";
import { useStore } from "zustand";
import { useShallow } from "zustand/react/shallow";
import { useEditor, useLive } from "../../app";
import { timecode } from "../../project/time";
import { useText } from "../../text/use";
import { projectRate } from "../model/time";
import { RULER } from "./layout";
import { STEP } from "../state";
import { ticksFor } from "./ticks";

/** Times above the lanes; dragging on it moves the playhead. */
export function Ruler({ frameAt }: { frameAt: (clientX: number) => number }): JSX.Element {
  const { playback, timeline, app } = useEditor();
  const t = useText();
  const { scale, left, width } = useStore(timeline, useShallow(({ scale, left, width }) => ({ scale, left, width })));
  const rate = projectRate(useLive((state) => state.document));
  const frames = useLive((state) => state.frames);
  const frame = useStore(playback.store, (state) => state.frame);
  // Its colours are in the canvas.
  useStore(app.preferences, ({ theme }) => theme);
  const canvas = useRef<HTMLCanvasElement>(null);
  const from = Math.max(0, left - STEP);
  const wide = width + 3 * STEP;

  useEffect(() => {
    const context = sharp(canvas.current, wide, RULER);
    if (context === null) return;
    const { color } = getComputedStyle(context.canvas);
    const { major, minor } = ticksFor(scale, rate);
    context.fillStyle = color;
    context.font = "11px system-ui, sans-serif";
    const last = Math.ceil((from + wide) / scale);
    for (let at = Math.floor(from / scale / minor) * minor; at <= last; at += minor) {
      const x = Math.round(at * scale - from);
      const numbered = at % major === 0;
      context.globalAlpha = numbered ? 0.9 : 0.45;
      context.fillRect(x, numbered ? RULER - 10 : RULER - 5, 1, 10);
      if (numbered) context.fillText(timecode(at, rate), x + 4, 13);
    }
  });

  const seek = (event: PointerEvent): void => playback.seek(Math.max(0, Math.round(frameAt(event.clientX))));
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: -1, ArrowRight: 1, PageDown: -25, PageUp: 25 }[event.key];
    if (by === undefined || event.ctrlKey || event.altKey) return;
    playback.step(event.shiftKey ? by * 10 : by);
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      className="tl-ruler"
      role="slider"
      tabIndex={0}
      aria-label={t("timeline.playhead")}
      aria-valuemin={0}
      aria-valuemax={frames}
      aria-valuenow={frame}
      aria-valuetext={timecode(frame, rate)}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        playback.scrub(true);
        seek(event);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) seek(event);
      }}
      onLostPointerCapture={() => playback.scrub(false)}
    >
      <canvas ref={canvas} style={{ transform: `translateX(${from}px)` }} />
    </div>
  );
}

/** A cleared canvas of so many CSS pixels, at the screen's own resolution. */
export function sharp(canvas: HTMLCanvasElement | null, width: number, height: number): CanvasRenderingContext2D | null {
  // Hundreds of small ones would each be a layer of the compositor; kept in memory they are painted like pictures.
  const context = canvas?.getContext("2d", { willReadFrequently: true }) ?? null;
  if (canvas === null || context === null) return null;
  const ratio = window.devicePixelRatio;
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  context.scale(ratio, ratio);
  return context;
}
