import { useRef, type JSX } from "react";
import { useDocument, useEditor } from "../app";
import type { Clip, Project } from "../generated/client";
import { timecode, toNumber } from "../project/time";
import type { Key } from "../text";
import { useText } from "../text/use";
import type { Place } from "../timeline/model/document";
import { fadeMembers, setFade, type FadeEdge } from "../timeline/model/fades";
import { isKeyframes } from "../timeline/model/shape";
import { clipSpan, projectRate } from "../timeline/model/time";
import { sourceSeconds } from "../timeline/sources";
import { drawnSeconds } from "../timeline/strips";
import { Effects } from "./Effects";
import {
  framesOf,
  setColor,
  setMembers,
  setNumber,
  setReverse,
  setScale,
  setSpeed,
  setTitle,
  SPEEDS,
  valueAt,
  type NumberPath,
} from "./edits";
import { Choice, ColorField, NumberField, Part, Switch, TextField } from "./fields";
import { COLORS, CROPS, PICTURE, SOUND, type NumberMember } from "./members";

interface Props extends Place {
  /** All that are selected: what is changed here, is changed in each. */
  ids: ReadonlySet<string>;
}

/** The members of a clip. */
export function ClipPanel(props: Props): JSX.Element {
  const { clip, track, ids } = props;
  const t = useText();
  const pictured = track.kind === "video" && clip.source.kind !== "adjustment";
  const sounding = clip.source.kind === "file" || track.kind === "audio";
  return (
    <>
      <General {...props} />
      {clip.source.kind === "title" && <Title clip={clip} />}
      {clip.source.kind === "color" && <Plain clip={clip} color={clip.source.color} />}
      {track.kind === "video" && (
        <Part title={t("inspector.picture")}>
          {pictured && <Words {...props} />}
          <Numbers {...props} members={pictured ? PICTURE : PICTURE.filter(({ path }) => path === "opacity")} />
        </Part>
      )}
      {pictured && (
        <Part title={t("inspector.crop")} open={false}>
          <Numbers {...props} members={CROPS} />
        </Part>
      )}
      {pictured && (
        <Part title={t("inspector.color")} open={false}>
          <Numbers {...props} members={COLORS} />
        </Part>
      )}
      {sounding && (
        <Part title={t("inspector.sound")}>
          <Muted clip={clip} ids={ids} />
          <Numbers {...props} members={SOUND} />
        </Part>
      )}
      <Part title={t("inspector.fades")} open={false}>
        <Fade {...props} edge="in" />
        <Fade {...props} edge="out" />
      </Part>
      {clip.source.kind === "file" && clip.timeMap === null && <Speed clip={clip} ids={ids} />}
      <Effects clip={clip} ids={ids} kind={track.kind} />
    </>
  );
}

function useEdit(): (label: Key, recipe: (draft: Project) => void, merge?: string) => void {
  const { live } = useEditor();
  return (label, recipe, merge) => live.edit(label, recipe, merge === undefined ? {} : { merge });
}

function General({ clip, ids }: Props): JSX.Element {
  const t = useText();
  const edit = useEdit();
  const rate = projectRate(useDocument((document) => document));
  const { first, end } = clipSpan(clip, rate);
  return (
    <Part title={t("inspector.general")}>
      <TextField label={t("inspector.name")} value={clip.name} onChange={(name, merge) => edit("inspector.changeClip", (draft) => setMembers(draft, ids, { name }), merge)} />
      <dl className="facts">
        <dt>{t("inspector.start")}</dt>
        <dd className="digits">{timecode(first, rate)}</dd>
        <dt>{t("inspector.length")}</dt>
        <dd className="digits">{timecode(end - first, rate)}</dd>
      </dl>
      <Switch label={t("inspector.enabled")} value={clip.enabled} onChange={(enabled) => edit("inspector.changeClip", (draft) => setMembers(draft, ids, { enabled }))} />
    </Part>
  );
}

function Numbers({ clip, ids, members }: Props & { members: readonly NumberMember[] }): JSX.Element {
  const t = useText();
  const edit = useEdit();
  return (
    <>
      {members.map(({ path, label, ...range }) => {
        const value = valueAt(clip, path);
        const set = (number: number, merge: string): void => edit("inspector.changeClip", (draft) => change(draft, ids, path, number), merge);
        return <NumberField key={path} label={t(label)} value={isKeyframes(value) ? null : value} onChange={set} {...range} />;
      })}
    </>
  );
}

/** The first scale stands for both. */
function change(draft: Project, ids: ReadonlySet<string>, path: NumberPath, value: number): void {
  if (path === "transform.scaleX") setScale(draft, ids, value);
  else setNumber(draft, ids, path, value);
}

const FITS = ["contain", "cover", "stretch", "none"] as const;
const BLENDS = ["normal", "multiply", "screen", "overlay", "darken", "lighten", "difference", "addition", "softlight", "hardlight"] as const;

function Words({ clip, ids }: Props): JSX.Element {
  const t = useText();
  const edit = useEdit();
  const set = (members: Partial<Pick<Clip, "fit" | "blend">>): void => edit("inspector.changeClip", (draft) => setMembers(draft, ids, members));
  return (
    <>
      <Choice label={t("inspector.fit")} value={clip.fit} choices={FITS.map((word) => [word, t(`inspector.fit.${word}`)])} onChange={(fit) => set({ fit: fit as Clip["fit"] })} />
      <Choice label={t("inspector.blend")} value={clip.blend} choices={BLENDS.map((word) => [word, t(`inspector.blend.${word}`)])} onChange={(blend) => set({ blend: blend as Clip["blend"] })} />
    </>
  );
}

function Muted({ clip, ids }: { clip: Clip; ids: ReadonlySet<string> }): JSX.Element {
  const t = useText();
  const edit = useEdit();
  return <Switch label={t("timeline.mute")} value={clip.muted} onChange={(muted) => edit("inspector.changeClip", (draft) => setMembers(draft, ids, { muted }))} />;
}

function Fade({ clip, track, ids, edge }: Props & { edge: FadeEdge }): JSX.Element {
  const t = useText();
  const edit = useEdit();
  const project = useDocument((document) => document);
  const member = fadeMembers(track.kind, clip, edge)[0] ?? "fadeIn";
  const set = (seconds: number, merge: string): void =>
    edit(
      "timeline.fade",
      (draft) => {
        for (const id of ids) setFade(draft, id, edge, framesOf(project, seconds));
      },
      merge,
    );
  return (
    <NumberField
      label={t(edge === "in" ? "inspector.fadeIn" : "inspector.fadeOut")}
      value={drawnSeconds(clip[member])}
      normal={0}
      min={0}
      max={Math.max(0.1, drawnSeconds(clip.duration))}
      step={1 / toNumber(projectRate(project))}
      unit={t("inspector.seconds")}
      onChange={set}
    />
  );
}

function Speed({ clip, ids }: { clip: Clip; ids: ReadonlySet<string> }): JSX.Element {
  const editor = useEditor();
  const { live } = editor;
  const t = useText();
  const edit = useEdit();
  // Each step of a drag is reckoned from where the drag began: whole frames would be lost by every one.
  const drag = useRef<{ merge: string; from: Project; to: Project } | null>(null);
  const setTo = (percent: number, merge: string): void => {
    const now = live.store.getState().document;
    const from = drag.current?.merge === merge && drag.current.to === now ? drag.current.from : now;
    edit("inspector.changeSpeed", (draft) => setSpeed(draft, ids, Math.round(percent * 100) / 10_000, from, sourceSeconds(editor)), merge);
    drag.current = { merge, from, to: live.store.getState().document };
  };
  return (
    <Part title={t("inspector.speed")} open={false}>
      {!clip.freeze && (
        <>
          <NumberField
            label={t("inspector.speed")}
            value={clip.speed * 100}
            normal={100}
            min={SPEEDS.least * 100}
            max={SPEEDS.most * 100}
            slide={[25, 400]}
            step={1}
            unit="%"
            onChange={setTo}
          />
          <Switch label={t("inspector.reverse")} value={clip.reverse} onChange={(reverse) => edit("inspector.changeSpeed", (draft) => setReverse(draft, ids, reverse))} />
          <Switch
            label={t("inspector.pitch")}
            value={clip.pitch === "keep"}
            onChange={(keep) => edit("inspector.changeSpeed", (draft) => setMembers(draft, ids, { pitch: keep ? "keep" : "varispeed" }))}
          />
        </>
      )}
      {clip.speed === 1 && !clip.reverse && (
        <Switch label={t("inspector.freeze")} value={clip.freeze} onChange={(freeze) => edit("inspector.changeSpeed", (draft) => setMembers(draft, ids, { freeze }))} />
      )}
    </Part>
  );
}

function Title({ clip }: { clip: Clip }): JSX.Element | null {
  const t = useText();
  const edit = useEdit();
  const height = useDocument((document) => document.height);
  if (clip.source.kind !== "title") return null;
  const { text, style } = clip.source;
  const id = clip.id ?? "";
  const set = (to: Parameters<typeof setTitle>[2], merge: string): void => edit("inspector.changeTitle", (draft) => setTitle(draft, id, to), merge);
  return (
    <Part title={t("inspector.title")}>
      <TextField label={t("inspector.text")} lines={3} value={text} onChange={(value, merge) => set({ text: value }, merge)} />
      <NumberField
        label={t("inspector.fontSize")}
        value={style.fontSize ?? Math.round(height * 0.05)}
        normal={Math.round(height * 0.05)}
        min={1}
        max={4096}
        slide={[8, Math.round(height / 2)]}
        step={1}
        unit={t("inspector.pixels")}
        onChange={(fontSize, merge) => set({ fontSize }, merge)}
      />
      <ColorField label={t("inspector.textColor")} value={style.color ?? "#FFFFFF"} onChange={(color, merge) => set({ color }, merge)} />
    </Part>
  );
}

function Plain({ clip, color }: { clip: Clip; color: string }): JSX.Element {
  const t = useText();
  const edit = useEdit();
  return (
    <Part title={t("timeline.color")}>
      <ColorField label={t("timeline.color")} value={color} onChange={(value, merge) => edit("inspector.changeClip", (draft) => setColor(draft, clip.id ?? "", value), merge)} />
    </Part>
  );
}
