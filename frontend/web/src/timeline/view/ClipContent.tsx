import { memo, useEffect, useRef, type JSX } from "react";
import { useStore } from "zustand";
import { useEditor } from "../../app";
import type { FileSource, MediaInfo } from "../../generated/client";
import { toNumber, type Ratio } from "../../project/time";
import type { Spot } from "../model/document";
import { extremes } from "../peaks";
import { factsOf } from "../sources";
import { cellsOf, sourceSecondsAt } from "./content";
import { sharp } from "./Ruler";

/** Clips narrower than this show nothing but their colour. */
export const LEAST_CONTENT = 24;
const WAVE_OF_VIDEO = 18;

interface Props {
  spot: Spot;
  kind: "video" | "audio";
  height: number;
  rate: Ratio;
  scale: number;
  /** What is to be drawn, in pixels from the clip's left edge. */
  from: number;
  to: number;
}

/** Pictures and peaks of a clip's file. */
export const ClipContent = memo(function ClipContent(props: Props): JSX.Element | null {
  const editor = useEditor();
  const { source } = props.spot.clip;
  const facts = useStore(editor.shelf.store, () => factsOf(editor, props.spot.clip));
  if (source.kind !== "file" || !facts?.info) return null;
  const { info } = facts;
  const pictures = props.kind === "video" && info.video.length > 0 && source.videoStream !== null;
  const sound = info.audio[source.audioStream ?? -1];
  const wave = pictures ? WAVE_OF_VIDEO : props.height - 4;
  return (
    <>
      {pictures && <Pictures {...props} info={info} stream={source.videoStream ?? 0} />}
      {sound && props.spot.clip.timeMap === null && (
        <Wave {...props} info={info} source={source} tall={wave} />
      )}
    </>
  );
});

function Pictures({ spot, rate, scale, from, to, height, info, stream }: Props & { info: MediaInfo; stream: number }): JSX.Element {
  const { strips } = useEditor();
  useStore(strips.store);
  const video = info.video[stream];
  const width = Math.max(24, Math.round(height * ((video?.displayWidth ?? 16) / (video?.displayHeight ?? 9))));
  return (
    <div className="clip-strip">
      {cellsOf(spot, rate, scale, width, from, to).map(({ x, seconds }) => {
        const picture = strips.at(info, stream, seconds);
        return picture && <img key={x} src={picture.url} alt="" draggable={false} decoding="async" style={{ left: x, width }} />;
      })}
    </div>
  );
}

function Wave({ spot, rate, scale, from, to, info, source, tall }: Props & { info: MediaInfo; source: FileSource; tall: number }): JSX.Element {
  const { peaks: files, app } = useEditor();
  // Peaks have come, or the colours are others.
  useStore(files.store);
  useStore(app.preferences, ({ theme }) => theme);
  const canvas = useRef<HTMLCanvasElement>(null);
  const left = Math.max(0, Math.floor(from));
  const width = Math.max(0, Math.ceil(Math.min(to, (spot.end - spot.first) * scale)) - left);
  useEffect(() => {
    const context = width === 0 ? null : sharp(canvas.current, width, tall);
    const perSecond = (scale * toNumber(rate)) / Math.max(spot.clip.speed, 0.05);
    const peaks = context && files.of(info, source.audioStream ?? 0, perSecond);
    if (!context || !peaks) return;
    context.fillStyle = getComputedStyle(context.canvas).color;
    for (let x = 0; x < width; x++) {
      const ends = [sourceSecondsAt(spot, (left + x) / scale, rate), sourceSecondsAt(spot, (left + x + 1) / scale, rate)];
      const found = extremes(peaks, Math.min(...ends), Math.max(...ends));
      if (found === null) continue;
      const [low, high] = found;
      const top = (tall / 2) * (1 - high);
      context.fillRect(x, top, 1, Math.max(1, (tall / 2) * (1 - low) - top));
    }
  });
  return <canvas ref={canvas} className="clip-wave" style={{ left }} />;
}
