import { memo, type JSX } from "react";
import type { Project, SubtitleTrack, Transition } from "../../generated/client";
import { parse, type Ratio } from "../../project/time";
import { useText } from "../../text/use";
import type { MediaTrack } from "../model/document";
import { frameAt } from "../model/time";
import { transitionSpan } from "../model/transitions";
import { ClipView } from "./ClipView";
import { visibleSpots, type Row } from "./layout";

interface Props {
  row: Row;
  name: string;
  rate: Ratio;
  scale: number;
  /** Pixels of the lane that are drawn. */
  from: number;
  to: number;
  selected: ReadonlySet<string>;
  transition: string | null;
  lifted: ReadonlySet<string>;
  /** The clip that Tab comes to. */
  stop: string | null;
  media: Project["media"];
}

/** The clips of one track, as far as they are on screen. */
export const Lane = memo(function Lane(props: Props): JSX.Element {
  const { track } = props.row;
  const t = useText();
  return (
    <div className={`tl-lane ${track.kind}${track.enabled ? "" : " off"}${track.locked ? " locked" : ""}`} role="group" aria-label={t("timeline.clipsOf", { name: props.name })}>
      {track.kind === "subtitle" ? <Cues {...props} track={track} /> : <Clips {...props} track={track} />}
    </div>
  );
});

function Clips({ row, track, rate, scale, from, to, selected, transition, lifted, stop, media }: Props & { track: MediaTrack }): JSX.Element {
  const spots = visibleSpots(track, from / scale, to / scale, rate);
  return (
    <>
      {spots.map(({ clip, first, end }) => (
        <ClipView
          key={clip.id}
          clip={clip}
          first={first}
          end={end}
          kind={track.kind}
          height={row.height}
          rate={rate}
          scale={scale}
          from={from}
          to={to}
          selected={selected.has(clip.id ?? "")}
          lifted={lifted.has(clip.id ?? "")}
          stop={clip.id === stop}
          media={media}
        />
      ))}
      {track.transitions.map((each) => (
        <TransitionView key={each.id} each={each} track={track} rate={rate} scale={scale} from={from} to={to} selected={each.id === transition} />
      ))}
    </>
  );
}

function TransitionView({
  each,
  track,
  rate,
  scale,
  from,
  to,
  selected,
}: Pick<Props, "rate" | "scale" | "from" | "to"> & { each: Transition; track: MediaTrack; selected: boolean }): JSX.Element | null {
  const t = useText();
  const span = transitionSpan(each, track, rate);
  if (span === null || span.end * scale < from || span.first * scale > to) return null;
  return (
    <div
      className={`tl-transition${selected ? " selected" : ""}`}
      role="button"
      tabIndex={-1}
      aria-pressed={selected}
      aria-label={t("timeline.transitionOf", { type: each.type })}
      title={each.type}
      data-transition={each.id}
      style={{ left: span.first * scale, width: Math.max(6, (span.end - span.first) * scale) }}
    >
      <i className="clip-edge tail" data-part="length" />
    </div>
  );
}

function Cues({ track, rate, scale, from, to }: Props & { track: SubtitleTrack }): JSX.Element {
  const places = track.cues.map((cue) => ({ cue, left: frameAt(parse(cue.start), rate) * scale, right: frameAt(parse(cue.end), rate) * scale }));
  return (
    <>
      {places.map(
        ({ cue, left, right }) =>
          right >= from &&
          left <= to && (
            <div key={cue.id} className="clip cue wide" style={{ left, width: Math.max(1, right - left) }} title={cue.text}>
              <span className="clip-name">{cue.text}</span>
            </div>
          ),
      )}
    </>
  );
}
