import { useMemo, type JSX } from "react";
import { useStore } from "zustand";
import { useEditor, useDocument } from "../../app";
import type { Project } from "../../generated/client";
import { findClip, findClips } from "../model/document";
import { lanesOf, type Move } from "../model/move";
import { clipSpan, projectRate, transitionLength } from "../model/time";
import { findTransition, shares, transitionSpan } from "../model/transitions";
import type { Trim } from "../model/trim";
import type { Gesture, TimelineState } from "../state";
import { rowsOf, type Row } from "./layout";

/** What the hand is doing, over the lanes; nothing below is drawn anew for it. */
export function Ghosts(): JSX.Element | null {
  const { timeline } = useEditor();
  const gesture = useStore(timeline, (state) => state.gesture);
  if (gesture === null) return null;
  const at = "snappedAt" in gesture ? gesture.snappedAt : null;
  return (
    <>
      <Ghost gesture={gesture} />
      {at !== null && <SnapLine frame={at} />}
    </>
  );
}

function Ghost({ gesture }: { gesture: Gesture }): JSX.Element | null {
  if (gesture.kind === "move") return <Moved move={gesture.move} />;
  if (gesture.kind === "trim") return <Trimmed trim={gesture.trim} />;
  if (gesture.kind === "marquee") return <Marquee {...gesture} />;
  if (gesture.kind === "drop") return <Drop {...gesture} />;
  return <Length gesture={gesture} />;
}

interface Box {
  readonly id: string;
  readonly kind: string;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function boxesOf(project: Project, ids: ReadonlySet<string>, { scale, left, width }: TimelineState): Box[] {
  const rate = projectRate(project);
  const rows = new Map(rowsOf(project).map((row) => [row.track.id, row]));
  return findClips(project, ids).flatMap(({ clip, track }) => {
    const row = rows.get(track.id);
    const { first, end } = clipSpan(clip, rate);
    if (row === undefined || end * scale < left - width || first * scale > left + 2 * width) return [];
    return [{ id: clip.id ?? "", kind: track.kind, left: first * scale, top: row.top, width: (end - first) * scale, height: row.height }];
  });
}

/** The boxes are drawn once; while the hand moves, two layers are shifted. */
function Moved({ move }: { move: Move }): JSX.Element {
  const { timeline } = useEditor();
  const project = useDocument((document) => document);
  const { scale } = timeline.getState();
  const boxes = useMemo(() => boxesOf(project, move.ids, timeline.getState()), [project, move.ids, timeline]);
  const layers = useMemo(
    () => [true, false].map((same) => boxes.filter((box) => (box.kind === move.kind) === same).map((box) => <div key={box.id} className={`tl-ghost ${box.kind}`} style={box} />)),
    [boxes, move.kind],
  );
  const down = heightOf(project, move);
  const [x, others] = [move.frames * scale, layers[1]];
  return (
    <>
      <div className="tl-layer" style={{ transform: `translate(${x}px, ${down}px)` }}>{layers[0]}</div>
      <div className="tl-layer" style={{ transform: `translateX(${x}px)` }}>{others}</div>
    </>
  );
}

/** Pixels between the rows of the lowest lane and of where it goes. */
function heightOf(project: Project, { tracks, kind, ids }: Move): number {
  const lanes = lanesOf(project, kind);
  const rows = new Map<string | null, Row>(rowsOf(project).map((row) => [row.track.id, row]));
  const from = lanes.findIndex((lane) => lane.clips.some((clip) => ids.has(clip.id ?? "")));
  const [old, now] = [rows.get(lanes[from]?.id ?? null), rows.get(lanes[from + tracks]?.id ?? null)];
  return old && now ? now.top - old.top : 0;
}

function Trimmed({ trim }: { trim: Trim }): JSX.Element {
  const { timeline } = useEditor();
  const project = useDocument((document) => document);
  const boxes = boxesOf(project, trim.ids, timeline.getState());
  const by = trim.frames * timeline.getState().scale;
  return (
    <>
      {boxes.map((box) => {
        const head = trim.edge === "head";
        const still = head && trim.mode === "ripple";
        const style = { ...box, left: head && !still ? box.left + by : box.left, width: Math.max(1, head ? box.width - by : box.width + by) };
        return (
          <div key={box.id} className={`tl-ghost ${box.kind}`} style={style}>
            <span className="tl-amount digits">{signed(trim.frames)}</span>
          </div>
        );
      })}
    </>
  );
}

function signed(frames: number): string {
  return frames > 0 ? `+${frames}` : String(frames).replace("-", "−");
}

function Marquee({ from, to }: Extract<Gesture, { kind: "marquee" }>): JSX.Element {
  const style = { left: Math.min(from.x, to.x), top: Math.min(from.y, to.y), width: Math.abs(to.x - from.x), height: Math.abs(to.y - from.y) };
  return <div className="tl-marquee" style={style} />;
}

function Drop({ row, first, frames }: Extract<Gesture, { kind: "drop" }>): JSX.Element | null {
  const { timeline } = useEditor();
  const { scale } = timeline.getState();
  const at = rowsOf(useDocument((document) => document))[row];
  if (at === undefined) return null;
  return <div className={`tl-ghost ${at.track.kind}`} style={{ left: first * scale, top: at.top, width: Math.max(2, frames * scale), height: at.height }} />;
}

/** A fade or a transition, as long as it becomes. */
function Length({ gesture }: { gesture: Extract<Gesture, { kind: "fade" | "transition" }> }): JSX.Element | null {
  const { timeline } = useEditor();
  const project = useDocument((document) => document);
  const { scale } = timeline.getState();
  const found = spanOfLength(project, gesture);
  if (found === null) return null;
  return (
    <div className="tl-ghost length" style={{ left: found.first * scale, top: found.row.top, width: found.frames * scale, height: found.row.height }}>
      <span className="tl-amount digits">{gesture.frames}</span>
    </div>
  );
}

function spanOfLength(project: Project, gesture: Extract<Gesture, { kind: "fade" | "transition" }>): { first: number; frames: number; row: Row } | null {
  const rate = projectRate(project);
  const rowOf = (track: string | null): Row | undefined => rowsOf(project).find((row) => row.track.id === track);
  if (gesture.kind === "fade") {
    const place = findClip(project, gesture.id);
    const row = place && rowOf(place.track.id);
    if (!place || !row) return null;
    const { first, end } = clipSpan(place.clip, rate);
    return { first: gesture.edge === "in" ? first : end - gesture.frames, frames: gesture.frames, row };
  }
  const found = findTransition(project, gesture.id);
  const row = found && rowOf(found.track.id);
  const span = found && transitionSpan(found.transition, found.track, rate);
  if (!found || !row || !span) return null;
  const cut = span.first + shares(found.transition, transitionLength(found.transition, rate)).before;
  return { first: cut - shares(found.transition, gesture.frames).before, frames: gesture.frames, row };
}

function SnapLine({ frame }: { frame: number }): JSX.Element {
  const { timeline } = useEditor();
  return <div className="tl-snap" style={{ transform: `translateX(${frame * timeline.getState().scale}px)` }} />;
}
