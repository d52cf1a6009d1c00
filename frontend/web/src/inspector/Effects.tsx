import type { JSX } from "react";
import { useEditor } from "../app";
import type { Clip, Effect, EffectInfo } from "../generated/client";
import { told } from "../shell/projects";
import { useText } from "../text/use";
import type { MediaTrack } from "../timeline/model/document";
import { IconButton } from "../ui/Button";
import { MenuButton, type MenuGroup } from "../ui/Menu";
import { filesOf, titleOf, useCatalogue } from "./catalogue";
import { addEffect, changeEffect, MOST_EFFECTS, moveEffect, removeEffect, setParameter } from "./edits";
import { NumberField, Part, Switch } from "./fields";
import { ParameterControl } from "./ParameterControl";

/** The effects of a clip, in the order in which they act, and a menu of those that it can have. */
export function Effects({ clip, ids, kind }: { clip: Clip; ids: ReadonlySet<string>; kind: MediaTrack["kind"] }): JSX.Element {
  const { live, session, app } = useEditor();
  const t = useText();
  const { effects } = useCatalogue(session);
  const add = async (info: EffectInfo): Promise<void> => {
    const parameters: Record<string, unknown> = {};
    for (const { name } of filesOf(info)) {
      const [path] = await app.host.openFiles({ kinds: ["any"], multiple: false });
      if (path === undefined) return;
      parameters[name] = path;
    }
    live.edit("inspector.addEffect", (draft) => addEffect(draft, ids, info.type, parameters));
  };
  const fitting = effects.filter(({ medium }) => (medium === "audio" ? clip.source.kind === "file" : kind === "video"));
  return (
    <Part title={t("inspector.effects")}>
      {clip.effects.map((effect, index) => (
        <OneEffect
          key={effect.id}
          clip={clip.id ?? ""}
          effect={effect}
          info={effects.find(({ type }) => type === effect.type)}
          first={index === 0}
          last={index === clip.effects.length - 1}
        />
      ))}
      {clip.effects.length < MOST_EFFECTS && (
        <MenuButton
          className="add-effect"
          label={t("inspector.addEffect")}
          groups={grouped(fitting, { video: t("inspector.picture"), audio: t("inspector.sound") }, (info) => void told(app, () => add(info)))}
        >
          {t("inspector.addEffect")}
        </MenuButton>
      )}
    </Part>
  );
}

/** By what they are for, and by name. */
function grouped(effects: readonly EffectInfo[], heads: Record<EffectInfo["medium"], string>, add: (info: EffectInfo) => void): MenuGroup[] {
  return (["video", "audio"] as const).map((wanted) => ({
    head: heads[wanted],
    items: effects
      .filter(({ medium }) => medium === wanted)
      .map((info) => ({ label: titleOf(info), run: () => add(info) }))
      .toSorted((a, b) => a.label.localeCompare(b.label)),
  }));
}

interface Props {
  clip: string;
  effect: Effect;
  /** Undefined: the catalogue does not know it. */
  info: EffectInfo | undefined;
  first: boolean;
  last: boolean;
}

function OneEffect({ clip, effect, info, first, last }: Props): JSX.Element {
  const { live } = useEditor();
  const t = useText();
  const id = effect.id ?? "";
  const name = info ? titleOf(info) : effect.type;
  const set = (parameter: string, value: unknown, merge?: string): void =>
    live.edit("inspector.changeEffect", (draft) => setParameter(draft, clip, id, parameter, value), merge === undefined ? {} : { merge });
  return (
    <fieldset className={`effect${effect.enabled ? "" : " off"}`}>
      <legend title={info?.description}>{name}</legend>
      <div className="effect-tools">
        <IconButton icon="up" label={t("inspector.effectUp", { name })} disabled={first} onClick={() => live.edit("inspector.moveEffect", (draft) => moveEffect(draft, clip, id, -1))} />
        <IconButton icon="down" label={t("inspector.effectDown", { name })} disabled={last} onClick={() => live.edit("inspector.moveEffect", (draft) => moveEffect(draft, clip, id, 1))} />
        <IconButton icon="close" label={t("inspector.removeEffect", { name })} onClick={() => live.edit("inspector.removeEffectEdit", (draft) => removeEffect(draft, clip, id))} />
      </div>
      <Switch
        label={t("inspector.enabled")}
        value={effect.enabled}
        onChange={(enabled) => live.edit("inspector.changeEffect", (draft) => changeEffect(draft, clip, id, { enabled }))}
      />
      <NumberField
        label={t("inspector.mix")}
        value={effect.mix}
        normal={1}
        min={0}
        max={1}
        step={0.01}
        onChange={(mix, merge) => live.edit("inspector.changeEffect", (draft) => changeEffect(draft, clip, id, { mix }), { merge })}
      />
      {info?.parameters.map((parameter) => (
        <ParameterControl
          key={parameter.name}
          info={parameter}
          value={effect.parameters[parameter.name]}
          onChange={(value, merge) => set(parameter.name, value, merge)}
        />
      ))}
    </fieldset>
  );
}
