import type { DragEvent, JSX } from "react";
import { useStore } from "zustand";
import { useShallow } from "zustand/react/shallow";
import { useDocument, useEditor, useLive } from "../../app";
import { commands, isEnabled, run, type CommandId } from "../../commands";
import { keysOf } from "../../keys";
import { useText } from "../../text/use";
import { IconButton } from "../../ui/Button";
import type { IconName } from "../../ui/icons";
import { MenuButton } from "../../ui/Menu";
import { LEAST_SCALE, MOST_SCALE } from "../state";
import { zoomBy } from "../zoom";
import { DRAGGED_TRANSITION } from "./dropping";

const EDITS: readonly (readonly [CommandId, IconName])[] = [
  ["timeline.split", "split"],
  ["timeline.delete", "bin"],
  ["timeline.transition", "blend"],
  ["timeline.title", "letters"],
];

/** Onto the edge of a clip. */
const DRAGS = {
  draggable: true,
  onDragStart: ({ dataTransfer }: DragEvent) => {
    dataTransfer.setData(DRAGGED_TRANSITION, "fade");
    dataTransfer.effectAllowed = "copy";
  },
};

/** Above the lanes: edits, modes and the zoom. */
export function Toolbar(): JSX.Element {
  const editor = useEditor();
  const t = useText();
  // What can be done depends on all of these.
  useDocument((document) => document);
  useStore(editor.selection);
  useStore(editor.playback.store, ({ rate, frame }) => (rate === 0 ? frame : -1));
  useLive((state) => state.revision);
  const { snapping, ripple } = useStore(editor.timeline, useShallow(({ snapping, ripple }) => ({ snapping, ripple })));
  return (
    <div className="tl-toolbar" role="toolbar" aria-label={t("timeline.tools")}>
      {EDITS.map(([id, icon]) => (
        <IconButton
          key={id}
          icon={icon}
          label={t(commands[id].label)}
          keys={keysOf(id)}
          disabled={!isEnabled(editor, id)}
          onClick={() => run(editor, id)}
          {...(id === "timeline.transition" && DRAGS)}
        />
      ))}
      <span className="tl-line" />
      <IconButton icon="magnet" label={t("timeline.snapping")} keys={keysOf("timeline.snapping")} aria-pressed={snapping} onClick={() => run(editor, "timeline.snapping")} />
      <IconButton icon="ripple" label={t("timeline.ripple")} keys={keysOf("timeline.ripple")} aria-pressed={ripple} onClick={() => run(editor, "timeline.ripple")} />
      <span className="tl-line" />
      <MenuButton
        label={t("timeline.addTrack")}
        groups={[{ items: (["timeline.addVideo", "timeline.addAudio"] as const).map((id) => ({ label: t(commands[id].label), run: () => run(editor, id) })) }]}
      >
        {t("timeline.addTrack")}
      </MenuButton>
      <span className="tl-space" />
      <Zoom />
    </div>
  );
}

function Zoom(): JSX.Element {
  const editor = useEditor();
  const t = useText();
  const scale = useStore(editor.timeline, (state) => state.scale);
  return (
    <>
      <IconButton icon="minus" label={t("timeline.zoomOut")} keys={keysOf("timeline.zoomOut")} onClick={() => run(editor, "timeline.zoomOut")} />
      <input
        type="range"
        className="tl-zoom"
        aria-label={t("timeline.zoom")}
        min={Math.log(LEAST_SCALE)}
        max={Math.log(MOST_SCALE)}
        step={0.01}
        value={Math.log(scale)}
        onChange={(event) => zoomBy(editor, Math.exp(event.target.valueAsNumber) / scale)}
      />
      <IconButton icon="plus" label={t("timeline.zoomIn")} keys={keysOf("timeline.zoomIn")} onClick={() => run(editor, "timeline.zoomIn")} />
      <IconButton icon="fit" label={t("timeline.zoomFit")} keys={keysOf("timeline.zoomFit")} onClick={() => run(editor, "timeline.zoomFit")} />
    </>
  );
}
