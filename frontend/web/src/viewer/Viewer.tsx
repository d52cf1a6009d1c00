import { useEffect, useLayoutEffect, useRef, useState, type JSX, type PointerEvent, type RefObject } from "react";
import { useStore } from "zustand";
import { useDocument, useEditor, useLive, type Editor } from "../app";
import { run } from "../commands";
import { isRpcError } from "../generated/client";
import { tell } from "../shell/projects";
import { errorText, suggestionOf } from "../text/errors";
import { useText } from "../text/use";
import { Controls } from "./Controls";
import { Frames, type Shown } from "./frames";
import { Player } from "./player";
import "./viewer.css";

/** How wide plays are composed: a machine that also encodes them has enough to do, and small ones are coarse. */
const PLAYS = { narrowest: 640, widest: 960 };

/** The picture at the playhead, exact while it stands or is dragged; moving pictures with sound while it plays. */
export function Viewer(): JSX.Element {
  const t = useText();
  const editor = useEditor();
  const stage = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const last = useRef<HTMLCanvasElement>(null);
  const shape = useDocument(({ width, height }) => width / height);
  const empty = useLive(({ frames }) => frames === 0);
  const size = useFitted(stage, shape);
  const { shown, fault } = useFrames(editor, size);
  const moving = usePlayer(editor, video, last, size, shown);
  const frame = useStore(editor.playback.store, (state) => state.frame);

  return (
    <section className="panel viewer" data-zone="viewer" aria-label={t("viewer.title")} tabIndex={-1}>
      <div ref={stage} className="stage" onDoubleClick={() => run(editor, "viewer.full")}>
        {empty && (
          <div className="empty">
            <p>
              <strong>{t("viewer.empty")}</strong>
              {t("viewer.emptyHint")}
            </p>
          </div>
        )}
        {/* It stays: what plays holds on to its elements. */}
        <div className="screen" style={size} hidden={empty} role="img" aria-label={t("viewer.picture", { frame })}>
          <Still shown={shown} />
          {/* The timeline's own subtitles are in the picture. */}
          {/* oxlint-disable-next-line jsx-a11y/media-has-caption */}
          <video ref={video} className={moving ? "moving" : ""} tabIndex={-1} />
          <canvas ref={last} className={moving ? "moving" : ""} width={0} />
          {fault !== null && !moving && (
            <div className="fault" role="alert">
              <strong>{errorText(fault)}</strong>
              <span>{suggestionOf(fault)}</span>
            </div>
          )}
        </div>
      </div>
      <Scrubber />
      <Controls />
    </section>
  );
}

/** Shows an element that is decoded already, so that nothing flickers. */
function Still({ shown }: { shown: Shown | null }): JSX.Element {
  const holder = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    holder.current?.replaceChildren(...(shown ? [shown.image] : []));
  }, [shown]);
  return <div ref={holder} className="still" aria-hidden="true" />;
}

function useFrames(editor: Editor, size: Size): { shown: Shown | null; fault: unknown } {
  const [shown, setShown] = useState<Shown | null>(null);
  const [fault, setFault] = useState<unknown>(null);
  const frames = useRef<Frames | null>(null);
  frames.current ??= new Frames(
    editor.session,
    (picture) => {
      setShown(picture);
      setFault(null);
    },
    (error) => {
      if (!isRpcError(error, "connectionLost")) setFault(error);
    },
  );
  const { frame, rate, scrubbing } = useStore(editor.playback.store);
  const projectId = useLive((state) => state.projectId);
  const revision = useLive((state) => state.revision);
  const empty = useLive((state) => state.frames === 0);
  const width = inPixels(size.width);
  // What comes next is not to begin with a picture of what was there before.
  if (empty && shown !== null) setShown(null);
  useEffect(() => {
    // Proxies are found in quickly; what the playhead is let go on is the film's own.
    const media = scrubbing ? "proxy" : "original";
    if (rate === 0 && !empty && width > 0) frames.current?.want({ projectId, revision, frame, width, media }, scrubbing);
  }, [projectId, revision, frame, rate, scrubbing, empty, width]);
  useEffect(() => editor.session.onRenewed(() => frames.current?.again()), [editor]);
  return { shown, fault };
}

/** Whether moving pictures are on screen; they stay until the exact frame of where they stopped is there. */
function usePlayer(
  editor: Editor,
  video: RefObject<HTMLVideoElement | null>,
  last: RefObject<HTMLCanvasElement | null>,
  size: Size,
  shown: Shown | null,
): boolean {
  const { playback, live } = editor;
  const rate = useStore(playback.store, (state) => state.rate);
  const loop = useStore(playback.store, (state) => state.loop);
  const frame = useStore(playback.store, (state) => state.frame);
  const [moving, setMoving] = useState(false);
  const player = useRef<Player | null>(null);
  const width = Math.max(PLAYS.narrowest, Math.min(PLAYS.widest, inPixels(size.width)));

  useEffect(() => {
    if (!video.current || !last.current) return undefined;
    player.current ??= new Player(editor.session, video.current, last.current);
    if (rate === 0) return undefined;
    const { projectId, document } = live.store.getState();
    const begin = { projectId, frame: playback.frame, rate, loop: loop ? playback.range() : null, width, frameRate: document.frameRate };
    void player.current.play(begin, {
      at: (at) => {
        setMoving(true);
        playback.at(at);
      },
      ended: (error) => {
        if (error !== null) tell(editor.app, error);
        playback.play(0);
      },
    });
    return () => player.current?.stop();
    // A play goes on at the size that it began with.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [editor, rate, loop]);

  useEffect(() => {
    if (rate === 0 && shown?.frame === frame) setMoving(false);
  }, [rate, shown, frame]);
  return moving;
}

/** The timeline as one line: a press or a drag goes there. */
function Scrubber(): JSX.Element {
  const t = useText();
  const { playback } = useEditor();
  const { frame, markIn, markOut } = useStore(playback.store);
  const frames = useLive((state) => state.frames);
  const last = Math.max(1, frames - 1);
  const percent = (value: number): string => `${Math.min(1, value / last) * 100}%`;

  const seek = (event: PointerEvent): void => {
    const box = event.currentTarget.getBoundingClientRect();
    playback.seek(Math.round(Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * last));
  };

  return (
    <div
      className="scrubber"
      role="slider"
      tabIndex={frames === 0 ? -1 : 0}
      aria-label={t("viewer.position")}
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={frame}
      aria-disabled={frames === 0}
      onPointerDown={(event) => {
        if (frames === 0 || event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        playback.scrub(true);
        seek(event);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) seek(event);
      }}
      onLostPointerCapture={() => playback.scrub(false)}
    >
      <span className="scrubber-line" />
      {(markIn !== null || markOut !== null) && (
        <span className="scrubber-range" style={{ left: percent(markIn ?? 0), right: `calc(100% - ${percent(markOut ?? last)})` }} />
      )}
      <span className="scrubber-head" style={{ left: percent(frame) }} />
    </div>
  );
}

interface Size {
  width: number;
  height: number;
}

/** The largest size of this shape that fits an element, in CSS pixels. */
function useFitted(element: RefObject<HTMLElement | null>, shape: number): Size {
  const [room, setRoom] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    if (!element.current) return undefined;
    const observer = new ResizeObserver(([entry]) => entry && setRoom({ width: entry.contentRect.width, height: entry.contentRect.height }));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  const width = Math.floor(Math.min(room.width, room.height * shape));
  return { width, height: Math.floor(width / shape) };
}

/** A length in the screen's pixels, as even as the sidecar makes its pictures. */
function inPixels(length: number): number {
  return length === 0 ? 0 : Math.max(16, Math.round((length * devicePixelRatio) / 2) * 2);
}
