import type { JSX } from "react";
import { useDocument, useEditor } from "../app";
import type { Transition } from "../generated/client";
import { useText } from "../text/use";
import { projectRate, transitionLength } from "../timeline/model/time";
import { changeTransition, removeTransitions, SHORTEST } from "../timeline/model/transitions";
import type { MediaTrack } from "../timeline/model/document";
import { Button } from "../ui/Button";
import { titleOf, useCatalogue } from "./catalogue";
import { Choice, NumberField } from "./fields";

const LONGEST = 500;

/** Kind, length and place of a transition. */
export function TransitionPanel({ transition, track }: { transition: Transition; track: MediaTrack }): JSX.Element {
  const { live, session } = useEditor();
  const t = useText();
  const { transitions } = useCatalogue(session);
  const rate = projectRate(useDocument((document) => document));
  const id = transition.id ?? "";
  const between = transition.from !== null && transition.to !== null;
  const change = (to: Parameters<typeof changeTransition>[2], merge?: string): void =>
    live.edit("inspector.changeTransition", (draft) => changeTransition(draft, id, to), merge === undefined ? {} : { merge });
  return (
    <>
      {track.kind === "video" && (
        <Choice
          label={t("inspector.kind")}
          value={transition.type}
          choices={transitions.map((info) => [info.type, titleOf(info)])}
          onChange={(type) => change({ type })}
        />
      )}
      <NumberField
        label={t("inspector.length")}
        value={transitionLength(transition, rate)}
        normal={25}
        min={SHORTEST}
        max={LONGEST}
        slide={[SHORTEST, 100]}
        step={1}
        unit={t("inspector.frames")}
        onChange={(frames, merge) => change({ frames: Math.round(frames) }, merge)}
      />
      {between && (
        <Choice
          label={t("inspector.align")}
          value={transition.align}
          choices={[
            ["center", t("inspector.alignCenter")],
            ["start", t("inspector.alignStart")],
            ["end", t("inspector.alignEnd")],
          ]}
          onChange={(align) => change({ align: align as Transition["align"] })}
        />
      )}
      <Choice
        label={t("inspector.sound")}
        value={transition.audio}
        choices={[
          ["constantPower", t("inspector.constantPower")],
          ["linear", t("inspector.linear")],
          ["cut", t("inspector.soundCut")],
        ]}
        onChange={(audio) => change({ audio: audio as Transition["audio"] })}
      />
      <Button onClick={() => live.edit("timeline.removeTransition", (draft) => removeTransitions(draft, new Set([id])))}>{t("timeline.removeTransition")}</Button>
    </>
  );
}
