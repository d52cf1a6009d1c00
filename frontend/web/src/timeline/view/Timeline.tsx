import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type DragEvent, type JSX, type PointerEvent, type RefObject } from "react";
import { useStore } from "zustand";
import { useShallow } from "zustand/react/shallow";
import { useDocument, useEditor, type Editor } from "../../app";
import type { Project } from "../../generated/client";
import { useText } from "../../text/use";
import type { Track } from "../model/document";
import { lastFrame, projectRate } from "../model/time";
import { selectClips, selectTransition } from "../selecting";
import { STEP, type Point } from "../state";
import { zoomBy, zoomToFit } from "../zoom";
import { ClipMenu } from "./ClipMenu";
import { dragOver, drop, leave } from "./dropping";
import { Ghosts } from "./Ghosts";
import { dragOf, type Drag } from "./gestures";
import { Lane } from "./Lane";
import { HEAD, RULER, rowsOf, type Row } from "./layout";
import { Playhead } from "./Playhead";
import { Resizer } from "./Resizer";
import { Ruler } from "./Ruler";
import "./timeline.css";
import { titleOf } from "./titles";
import { Toolbar } from "./Toolbar";
import { TrackHead } from "./TrackHead";

const STILL = 4;
const NONE: ReadonlySet<string> = new Set();

/** The tracks of the project over time. */
export function Timeline(): JSX.Element {
  const editor = useEditor();
  const t = useText();
  const area = useRef<HTMLDivElement>(null);
  const project = useDocument((document) => document);
  const rows = useMemo(() => rowsOf(project), [project]);
  const { scale, left, width } = useStore(editor.timeline, useShallow(({ scale, left, width }) => ({ scale, left, width })));
  const tall = useStore(editor.app.preferences, (preferences) => preferences.timelineHeight);
  const end = useMemo(() => lastFrame(project), [project]);
  const wide = Math.max(end * scale + width / 2, width);
  const [menu, setMenu] = useState<{ x: number; y: number } | null>(null);
  const pointAt = usePointAt(area);
  useViewport(editor, area);
  const hands = usePointer(editor, area, pointAt);

  return (
    <section className="timeline panel" data-zone="timeline" aria-label={t("timeline.title")} style={{ height: tall }}>
      <Resizer />
      <Toolbar />
      <div ref={area} className="tl-scroll" tabIndex={-1}>
        <div className="tl-content" style={{ width: HEAD + wide }}>
          <div className="tl-row ruler" style={{ height: RULER }}>
            <div className="tl-corner" />
            <Ruler frameAt={(clientX) => pointAt({ clientX, clientY: 0 }).x / scale} />
          </div>
          <div
            className="tl-rows"
            {...hands}
            onFocus={({ target }) => {
              const id = target.closest<HTMLElement>("[data-clip]")?.dataset["clip"];
              if (id !== undefined) editor.timeline.setState({ focus: id });
            }}
            onContextMenu={(event) => {
              if (!(event.target instanceof Element) || event.target.closest(".tl-head")) return;
              event.preventDefault();
              pressAt(editor, event.target);
              setMenu({ x: event.clientX, y: event.clientY });
            }}
            onDragOver={(event: DragEvent) => dragOver(editor, event, pointAt(event))}
            onDragLeave={() => leave(editor)}
            onDrop={(event: DragEvent) => drop(editor, event, pointAt(event))}
          >
            {rows.map((row) => (
              <TrackRow key={row.track.id} row={row} name={titleOf(project, row.track)} from={left - STEP} to={left + width + 2 * STEP} media={project.media} />
            ))}
            <div className="tl-over" style={{ left: HEAD }}>
              <Ghosts />
            </div>
          </div>
          <Playhead area={area} />
        </div>
      </div>
      {menu && <ClipMenu at={menu} onClose={() => setMenu(null)} />}
    </section>
  );
}

function TrackRow({ row, name, from, to, media }: { row: Row; name: string; from: number; to: number; media: Project["media"] }): JSX.Element {
  const { selection, timeline } = useEditor();
  const rate = projectRate(useDocument((document) => document));
  const scale = useStore(timeline, (state) => state.scale);
  const focus = useStore(timeline, (state) => state.focus);
  const lifted = useStore(timeline, ({ gesture }) => (gesture?.kind === "move" ? gesture.move.ids : gesture?.kind === "trim" ? gesture.trim.ids : NONE));
  const selected = useStore(selection);
  return (
    <div className="tl-row" style={{ height: row.height }}>
      <TrackHead row={row} name={name} />
      <Lane
        row={row}
        name={name}
        rate={rate}
        scale={scale}
        from={from}
        to={to}
        selected={selected.clips}
        transition={selected.transition}
        lifted={lifted}
        stop={stopOf(row.track, focus)}
        media={media}
      />
    </div>
  );
}

/** Tab comes to the clip that had the focus last, or to the first of each track. */
function stopOf(track: Track, focus: string | null): string | null {
  if (track.kind === "subtitle") return null;
  return track.clips.some((clip) => clip.id === focus) ? focus : (track.clips[0]?.id ?? null);
}

/** The menu is about what it was opened on. */
function pressAt(editor: Editor, target: Element): void {
  const transition = target.closest<HTMLElement>("[data-transition]")?.dataset["transition"];
  const id = target.closest<HTMLElement>("[data-clip]")?.dataset["clip"];
  if (transition !== undefined) selectTransition(editor, transition);
  else if (id !== undefined && !editor.selection.getState().clips.has(id)) selectClips(editor, [id]);
}

type PointAt = (event: { clientX: number; clientY: number }) => Point;

/** Where the pointer is on the lanes. */
function usePointAt(area: RefObject<HTMLDivElement | null>): PointAt {
  return useCallback(
    ({ clientX, clientY }) => {
      const element = area.current;
      if (element === null) return { x: 0, y: 0 };
      const box = element.getBoundingClientRect();
      return { x: clientX - box.left - HEAD + element.scrollLeft, y: clientY - box.top - RULER + element.scrollTop };
    },
    [area],
  );
}

/** Keep what is on screen in the state; the wheel zooms with Control, and scrolls sideways with Shift. */
function useViewport(editor: Editor, area: RefObject<HTMLDivElement | null>): void {
  useLayoutEffect(() => {
    const element = area.current;
    if (element === null) return undefined;
    const { timeline } = editor;
    const look = (): void => {
      const left = Math.floor(element.scrollLeft / STEP) * STEP;
      const width = Math.max(1, element.clientWidth - HEAD);
      const old = timeline.getState();
      if (old.left !== left || old.width !== width) timeline.setState({ left, width });
    };
    const wheel = (event: WheelEvent): void => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const at = Math.max(0, event.clientX - element.getBoundingClientRect().left - HEAD);
      zoomBy(editor, Math.exp(-event.deltaY / 300), at);
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    element.addEventListener("wheel", wheel, { passive: false });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
      element.removeEventListener("wheel", wheel);
    };
  }, [editor, area]);

  useEffect(() => zoomToFit(editor), [editor]);
}

interface Hands {
  onPointerDown: (event: PointerEvent<HTMLDivElement>) => void;
  onPointerMove: (event: PointerEvent<HTMLDivElement>) => void;
  onPointerUp: (event: PointerEvent<HTMLDivElement>) => void;
  onPointerCancel: () => void;
}

/** Presses and drags on the lanes; Escape gives a drag up. */
function usePointer(editor: Editor, area: RefObject<HTMLDivElement | null>, pointAt: PointAt): Hands {
  const held = useRef<{ drag: Drag; start: Point; moved: boolean } | null>(null);
  const stop = useCallback(() => {
    held.current = null;
    editor.timeline.setState({ gesture: null });
  }, [editor]);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key !== "Escape" || held.current === null) return;
      event.preventDefault();
      stop();
    };
    window.addEventListener("keydown", onKeyDown, true);
    return () => window.removeEventListener("keydown", onKeyDown, true);
  }, [stop]);

  return {
    onPointerDown(event) {
      if (event.button !== 0 || !(event.target instanceof Element) || event.target.closest(".tl-head")) return;
      const start = pointAt(event);
      const keys = keysOf(event);
      held.current = { drag: dragOf(editor, event.target, start, keys), start, moved: false };
      event.currentTarget.setPointerCapture(event.pointerId);
      (event.target.closest<HTMLElement>("[data-clip], [data-transition]") ?? area.current)?.focus({ preventScroll: true });
    },
    onPointerMove(event) {
      const now = held.current;
      if (now === null) return;
      const point = pointAt(event);
      const by = { x: point.x - now.start.x, y: point.y - now.start.y };
      now.moved ||= Math.hypot(by.x, by.y) >= STILL;
      if (!now.moved) return;
      scrollAlong(area.current, event.clientX);
      now.drag.move(point, by, keysOf(event));
    },
    onPointerUp() {
      const now = held.current;
      held.current = null;
      if (now?.moved) now.drag.end();
      else now?.drag.click?.();
    },
    onPointerCancel: stop,
  };
}

function keysOf(event: PointerEvent): { shift: boolean; mod: boolean; alt: boolean } {
  return { shift: event.shiftKey, mod: event.ctrlKey || event.metaKey, alt: event.altKey };
}

const EDGE = 32;

/** Scroll on when the hand comes to an edge of what is seen. */
function scrollAlong(area: HTMLElement | null, clientX: number): void {
  if (area === null) return;
  const { left, right } = area.getBoundingClientRect();
  if (clientX > right - EDGE) area.scrollLeft += clientX - right + EDGE;
  else if (clientX < left + HEAD + EDGE) area.scrollLeft -= left + HEAD + EDGE - clientX;
}
