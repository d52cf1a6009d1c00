import { memo, useState, type JSX } from "react";
import { useEditor } from "../../app";
import { useText } from "../../text/use";
import { useCommit } from "../../ui/commit";
import { Icon } from "../../ui/icons";
import { MenuButton } from "../../ui/Menu";
import { isKeyframes } from "../model/shape";
import { changeTrack, removeTrack, type TrackChange } from "../model/tracks";
import type { Row } from "./layout";

/** Name and switches of a track. */
export const TrackHead = memo(function TrackHead({ row, name }: { row: Row; name: string }): JSX.Element {
  const { live } = useEditor();
  const t = useText();
  const { track } = row;
  const id = track.id ?? "";
  const change = (to: TrackChange, merge?: string): void =>
    live.edit("timeline.changeTrack", (draft) => changeTrack(draft, id, to), merge === undefined ? {} : { merge });
  const toggle = (member: "muted" | "solo" | "locked" | "enabled", letter: string, label: string, on: boolean): JSX.Element => (
    <button
      type="button"
      className={`tl-switch${on ? " on" : ""}`}
      aria-pressed={on}
      aria-label={`${label}: ${name}`}
      title={label}
      onClick={() => change({ [member]: member === "enabled" ? on : !on })}
    >
      {letter}
    </button>
  );
  const field = useCommit(name, (typed) => {
    if (typed !== name) change({ name: typed });
  });
  return (
    <div className={`tl-head ${track.kind}`} style={{ height: row.height }} role="group" aria-label={t("timeline.track", { name })}>
      <input
        className="tl-name"
        aria-label={t("timeline.trackName", { name })}
        spellCheck={false}
        {...field}
      />
      <div className="tl-switches">
        {track.kind !== "subtitle" && toggle("muted", "M", t("timeline.mute"), track.muted)}
        {track.kind !== "subtitle" && toggle("solo", "S", t("timeline.solo"), track.solo)}
        {toggle("locked", "L", t("timeline.lock"), track.locked)}
        {toggle("enabled", "○", t("timeline.switchOff"), !track.enabled)}
        <MenuButton
          label={t("timeline.trackMenu", { name })}
          className="icon"
          groups={[
            {
              items: [
                {
                  label: t("timeline.removeTrack"),
                  disabled: track.locked,
                  run: () => live.edit("timeline.removeTrack", (draft) => removeTrack(draft, id)),
                },
              ],
            },
          ]}
        >
          <Icon name="more" />
        </MenuButton>
      </div>
      {track.kind !== "subtitle" && <Volume name={name} volume={track.volume} onChange={(volume, merge) => change({ volume }, merge)} />}
    </div>
  );
});

function Volume({
  name,
  volume,
  onChange,
}: {
  name: string;
  volume: number | object;
  onChange: (volume: number, merge: string) => void;
}): JSX.Element {
  const t = useText();
  const [merge, setMerge] = useState("");
  const animated = isKeyframes(volume);
  const value = typeof volume === "number" ? volume : 1;
  return (
    <input
      type="range"
      className="tl-volume"
      min={0}
      max={2}
      step={0.01}
      value={value}
      disabled={animated}
      aria-label={t("timeline.volumeOf", { name })}
      aria-valuetext={decibels(value)}
      title={animated ? t("timeline.volumeAnimated") : decibels(value)}
      onPointerDown={() => setMerge(crypto.randomUUID())}
      onFocus={() => setMerge(crypto.randomUUID())}
      onDoubleClick={() => onChange(1, crypto.randomUUID())}
      onChange={(event) => onChange(event.target.valueAsNumber, merge)}
    />
  );
}

/** A factor as decibels: 1 is 0 dB. */
export function decibels(volume: number): string {
  if (volume === 0) return "−∞ dB";
  const value = 20 * Math.log10(volume);
  return `${value > 0.05 ? "+" : ""}${value.toFixed(1).replace("-", "−").replace("−0.0", "0.0")} dB`;
}
