import { memo, type JSX } from "react";
import type { Clip, Project } from "../../generated/client";
import { timecode, toNumber, type Ratio } from "../../project/time";
import { text } from "../../text";
import { nameOf as fileName } from "../../text/format";
import { useText } from "../../text/use";
import type { MediaTrack } from "../model/document";
import { fadeMembers } from "../model/fades";
import { drawnSeconds } from "../strips";
import { ClipContent, LEAST_CONTENT } from "./ClipContent";

const LEAST_HANDLES = 72;

interface Props {
  clip: Clip;
  first: number;
  end: number;
  kind: MediaTrack["kind"];
  height: number;
  rate: Ratio;
  scale: number;
  /** What is drawn of the lane, in pixels. */
  from: number;
  to: number;
  selected: boolean;
  /** Tab comes to this one. */
  stop: boolean;
  /** It is being dragged: its ghost is what one looks at. */
  lifted: boolean;
  media: Project["media"];
}

/** One clip in its lane. Presses are heard by the lanes, which look at `data-clip` and `data-part`. */
export const ClipView = memo(function ClipView(props: Props): JSX.Element {
  const { clip, first, end, kind, height, rate, scale, selected, stop, lifted, media } = props;
  const t = useText();
  const left = first * scale;
  const width = Math.max(1, (end - first) * scale);
  const name = nameOf(clip, media);
  const label = t("timeline.clip", { name, from: timecode(first, rate), to: timecode(end, rate) });
  const look = `clip ${kind} ${clip.source.kind}${width >= LEAST_CONTENT ? " wide" : ""}${selected ? " selected" : ""}${lifted ? " lifted" : ""}${clip.enabled ? "" : " off"}`;
  return (
    <div
      className={look}
      role="button"
      tabIndex={stop ? 0 : -1}
      aria-pressed={selected}
      aria-label={label}
      title={label}
      data-clip={clip.id}
      style={{ left, width }}
    >
      {width >= LEAST_CONTENT && (
        <>
          <ClipContent
            spot={props}
            kind={kind}
            height={height - 4}
            rate={rate}
            scale={scale}
            from={props.from - left}
            to={props.to - left}
          />
          <span className="clip-name">{name}</span>
        </>
      )}
      {width >= LEAST_HANDLES && <Fades {...props} width={width} />}
      {width >= LEAST_CONTENT && (
        <>
          <i className="clip-edge head" data-part="head" />
          <i className="clip-edge tail" data-part="tail" />
        </>
      )}
    </div>
  );
});

function Fades({ clip, kind, rate, scale, width }: Props & { width: number }): JSX.Element {
  const [into, out] = (["in", "out"] as const).map((edge) => {
    const member = fadeMembers(kind, clip, edge)[0] ?? "fadeIn";
    return Math.min(width, drawnSeconds(clip[member]) * toNumber(rate) * scale);
  });
  return (
    <>
      {into !== undefined && into > 1 && <i className="clip-fade in" style={{ width: into }} />}
      {out !== undefined && out > 1 && <i className="clip-fade out" style={{ width: out }} />}
      <i className="clip-fade-handle" data-part="fadeIn" style={{ left: Math.min(into ?? 0, width - 12) }} />
      <i className="clip-fade-handle" data-part="fadeOut" style={{ right: Math.min(out ?? 0, width - 12) }} />
    </>
  );
}

/** What a clip is called: by its own name, its text, its file or its kind. */
export function nameOf(clip: Clip, media: Project["media"]): string {
  const { source } = clip;
  if (clip.name !== "") return clip.name;
  if (source.kind === "title") return source.text.split("\n")[0] ?? "";
  if (source.kind === "graphic") return source.name;
  if (source.kind !== "file") return text(`timeline.${source.kind}`);
  const entry = media.find((each) => each.id === source.media);
  return entry?.name || fileName(entry?.path ?? source.path ?? "");
}
