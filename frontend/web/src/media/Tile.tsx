import { useEffect, useRef, useState, type DragEvent, type JSX, type MouseEvent, type PointerEvent, type RefObject } from "react";
import { useStore } from "zustand";
import { useEditor } from "../app";
import type { Media, MediaInfo } from "../generated/client";
import { lengthText, numberText } from "../text/format";
import { useText } from "../text/use";
import { Icon } from "../ui/icons";
import { titleOf } from "./commands";
import type { Peaks } from "./pictures";
import type { ProxyWork } from "./proxies";
import { kindOf, type FileFacts } from "./shelf";

/** What is dragged from the bin: ids of its entries as a JSON array. */
export const DRAGGED = "application/x-studio-media";

interface Props {
  entry: Media;
  selected: boolean;
  /** The one that Tab goes to. */
  first: boolean;
  onSelect: (event: MouseEvent) => void;
  onOpen: () => void;
  onMenu: (event: MouseEvent) => void;
}

export function Tile({ entry, selected, first, onSelect, onOpen, onMenu }: Props): JSX.Element {
  const editor = useEditor();
  const facts = useStore(editor.shelf.store, ({ files, paths }) => files.get(paths.get(entry.id) ?? "") ?? null);
  const tile = useRef<HTMLDivElement>(null);
  const seen = useSeen(tile);
  const title = titleOf(entry);

  const drag = (event: DragEvent): void => {
    const { media } = editor.selection.getState();
    event.dataTransfer.setData(DRAGGED, JSON.stringify(media.has(entry.id) ? [...media] : [entry.id]));
    event.dataTransfer.effectAllowed = "copy";
  };

  return (
    // The list it is in hears the keys.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      ref={tile}
      className="tile"
      role="option"
      aria-selected={selected}
      tabIndex={first ? 0 : -1}
      data-id={entry.id}
      draggable={facts?.info != null}
      title={facts?.path ?? entry.path}
      onClick={onSelect}
      onDoubleClick={onOpen}
      onContextMenu={onMenu}
      onDragStart={drag}
    >
      <Picture facts={facts} show={seen} />
      <span className="tile-title">{title}</span>
      <Details facts={facts} />
    </div>
  );
}

function Picture({ facts, show }: { facts: FileFacts | null; show: boolean }): JSX.Element {
  const { pictures, proxies, app } = useEditor();
  const work = useStore(proxies.store, (state) => (facts ? (state.work.get(facts.path) ?? null) : null));
  const theme = useStore(app.preferences, (preferences) => preferences.theme);
  const info = facts?.info ?? null;
  const kind = info && kindOf(info);
  const poster = useLoaded(show && kind?.picture ? info : null, (each) => pictures.poster(each));
  const peaks = useLoaded(show && kind && !kind.picture && kind.sound ? info : null, (each) => pictures.peaks(each));
  const [at, setAt] = useState<number | null>(null);
  const strip = useLoaded(at !== null && kind?.picture && kind.seconds !== null ? info : null, (each) => pictures.strip(each));
  const skimmed = at === null ? undefined : strip?.[Math.min(strip.length - 1, Math.floor(at * strip.length))];

  const skim = (event: PointerEvent): void => {
    const box = event.currentTarget.getBoundingClientRect();
    setAt(Math.max(0, Math.min(0.999, (event.clientX - box.left) / box.width)));
  };

  return (
    <span className="tile-picture" onPointerMove={skim} onPointerLeave={() => setAt(null)}>
      {poster !== null && <img src={skimmed ?? poster} alt="" draggable={false} />}
      {peaks && <Outline key={theme} peaks={peaks} />}
      {facts && facts.state !== "ready" && facts.state !== "changed" && <State facts={facts} />}
      {skimmed !== undefined && at !== null && <span className="tile-skim" style={{ left: `${at * 100}%` }} />}
      {work && <Work work={work} />}
      {kind?.seconds != null && !work && <span className="tile-length digits">{lengthText(kind.seconds)}</span>}
    </span>
  );
}

/** How far a proxy is; a press stops it. */
function Work({ work }: { work: ProxyWork }): JSX.Element {
  const t = useText();
  return (
    <button
      type="button"
      className="tile-work"
      tabIndex={-1}
      title={t("media.proxyStop")}
      onClick={(event) => {
        event.stopPropagation();
        work.stop();
      }}
    >
      {work.fraction === null ? t("media.proxyWaits") : t("media.proxyAt", { percent: Math.floor(work.fraction * 100) })}
      <Icon name="close" size={12} />
    </button>
  );
}

function State({ facts }: { facts: FileFacts }): JSX.Element {
  const t = useText();
  const wrong = facts.state === "missing" || facts.state === "failed";
  const label = { unknown: "media.reading", probing: "media.reading", missing: "media.missing", failed: "media.failed" } as const;
  const key = facts.state === "ready" || facts.state === "changed" ? null : label[facts.state];
  return (
    <span className={wrong ? "tile-state wrong" : "tile-state"}>
      {wrong && <Icon name="missing" size={20} />}
      {key && t(key)}
    </span>
  );
}

function Details({ facts }: { facts: FileFacts | null }): JSX.Element {
  const t = useText();
  return <small className="tile-details">{facts?.state === "changed" ? t("media.changed") : facts?.info ? detailsOf(facts.info, t) : "\u00A0"}</small>;
}

/** Size and rate of a film, rate and channels of sound. */
function detailsOf(info: MediaInfo, t: ReturnType<typeof useText>): string {
  const video = info.video[0];
  const audio = info.audio[0];
  if (video) {
    const size = `${video.displayWidth} × ${video.displayHeight}`;
    const rate = video.frameRate ?? video.averageRate;
    if (kindOf(info).seconds === null || rate === null) return size;
    const [top = 0, bottom = 1] = rate.split("/").map(Number);
    return `${size} · ${numberText(top / bottom)}`;
  }
  if (audio) return `${numberText(audio.sampleRate / 1000, 1)} ${t("media.kilohertz")} · ${t("media.channels", { count: audio.channels })}`;
  return "";
}

/** The outline of sound, drawn once, in the colours of now. */
function Outline({ peaks }: { peaks: Peaks }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context) return;
    const { width, height } = element;
    context.clearRect(0, 0, width, height);
    context.fillStyle = getComputedStyle(element).color;
    const count = Math.max(1, peaks.max.length);
    for (let x = 0; x < width; x++) {
      const index = Math.min(count - 1, Math.floor((x / width) * count));
      const top = (1 - (peaks.max[index] ?? 0)) * 0.5 * height;
      const bottom = (1 - (peaks.min[index] ?? 0)) * 0.5 * height;
      context.fillRect(x, top, 1, Math.max(1, bottom - top));
    }
  }, [peaks]);
  return <canvas ref={canvas} width={288} height={162} />;
}

/** Something of a file that takes time; null until it is there, and where it cannot be had. */
function useLoaded<T>(info: MediaInfo | null, load: (info: MediaInfo) => Promise<T>): T | null {
  const [loaded, setLoaded] = useState<{ of: string; value: T } | null>(null);
  useEffect(() => {
    if (!info) return undefined;
    let current = true;
    load(info).then(
      (value) => current && setLoaded({ of: info.fingerprint, value }),
      () => {},
    );
    return () => {
      current = false;
    };
    // `load` is made anew by each drawing and does the same.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [info]);
  return info && loaded?.of === info.fingerprint ? loaded.value : null;
}

/** Whether an element has ever been in sight. */
function useSeen(element: RefObject<HTMLElement | null>): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (!element.current || seen) return undefined;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && setSeen(true), { rootMargin: "100px" });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element, seen]);
  return seen;
}
