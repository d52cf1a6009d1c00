import type { JSX } from "react";
import { useStore } from "zustand";
import { useDocument, useEditor, useLive } from "../app";
import { run, type CommandId } from "../commands";
import { keysOf } from "../keys";
import { parse, parseTimecode, timecode } from "../project/time";
import { numberText } from "../text/format";
import { useText } from "../text/use";
import { IconButton } from "../ui/Button";
import { useCommit } from "../ui/commit";
import type { IconName } from "../ui/icons";

type ViewerCommand = CommandId & `viewer.${string}`;

/** Below the picture: where it is, what moves it, how long all of it is. */
export function Controls(): JSX.Element {
  const t = useText();
  const { playback } = useEditor();
  const rate = useStore(playback.store, (state) => state.rate);
  const loop = useStore(playback.store, (state) => state.loop);
  const markedIn = useStore(playback.store, ({ markIn }) => markIn !== null);
  const markedOut = useStore(playback.store, ({ markOut }) => markOut !== null);
  const frames = useLive((state) => state.frames);
  const frameRate = useDocument((document) => document.frameRate);
  const empty = frames === 0;
  return (
    <div className="controls">
      <div className="controls-side">
        <Timecode />
        {Math.abs(rate) > 1 || rate < 0 ? <span className="speed digits">{t("viewer.speed", { rate: numberText(rate) })}</span> : null}
      </div>
      <div className="controls-middle" role="toolbar" aria-label={t("viewer.title")}>
        <Control icon="markIn" command="viewer.markIn" disabled={empty} pressed={markedIn} />
        <Control icon="markOut" command="viewer.markOut" disabled={empty} pressed={markedOut} />
        <span className="controls-gap" />
        <Control icon="toStart" command="viewer.start" disabled={empty} />
        <Control icon="stepBack" command="viewer.previous" disabled={empty} />
        <Control icon={rate === 0 ? "play" : "pause"} command="viewer.playPause" label={t(rate === 0 ? "viewer.play" : "viewer.pause")} disabled={empty} big />
        <Control icon="stepOn" command="viewer.next" disabled={empty} />
        <Control icon="toEnd" command="viewer.end" disabled={empty} />
        <span className="controls-gap" />
        <Control icon="loop" command="viewer.loop" pressed={loop} disabled={empty} />
        <Control icon="full" command="viewer.full" />
      </div>
      <div className="controls-side end">
        <span className="digits dim" title={t("viewer.length")}>
          {timecode(frames, parse(frameRate))}
        </span>
      </div>
    </div>
  );
}

interface ControlProps {
  icon: IconName;
  command: ViewerCommand;
  label?: string;
  disabled?: boolean;
  pressed?: boolean;
  big?: boolean;
}

function Control({ icon, command, label, disabled = false, pressed, big = false }: ControlProps): JSX.Element {
  const t = useText();
  const editor = useEditor();
  return (
    <IconButton
      icon={icon}
      label={label ?? t(command)}
      keys={keysOf(command)}
      className={big ? "big" : ""}
      disabled={disabled}
      aria-pressed={pressed}
      onClick={() => run(editor, command)}
    />
  );
}

/** The position; a timecode that is typed goes there. */
function Timecode(): JSX.Element {
  const t = useText();
  const { playback } = useEditor();
  const frame = useStore(playback.store, (state) => state.frame);
  const rate = parse(useDocument((document) => document.frameRate));
  const shown = timecode(frame, rate);
  const field = useCommit(shown, (typed) => {
    const wanted = parseTimecode(typed, rate);
    if (wanted !== null) playback.seek(wanted);
  });
  return (
    <input
      className="field timecode digits"
      aria-label={t("viewer.timecode")}
      onFocus={(event) => event.target.select()}
      {...field}
    />
  );
}
