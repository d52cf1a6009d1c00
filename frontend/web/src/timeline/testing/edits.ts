/** Edits that fast-check draws: what hands may do to a timeline. Numbers choose among what is there. */

import fc from "fast-check";
import type { Clip, Project } from "../../generated/client";
import { addEffect, changeEffect, moveEffect, removeEffect, setMembers, setNumber, setParameter, setReverse, setScale, setSpeed, setTitle } from "../../inspector/edits";
import { COLORS, CROPS, PICTURE, SOUND } from "../../inspector/members";
import { ratio } from "../../project/time";
import { copyClips, pasteClips } from "../model/clipboard";
import { idOf, mediaTracks, withCompanions } from "../model/document";
import { setFade } from "../model/fades";
import { insertMedia, insertTitle, type At } from "../model/insert";
import { moveClips } from "../model/move";
import { closeGap, removeClips, rippleRemove } from "../model/remove";
import type { SourceSeconds } from "../model/room";
import { splitClips } from "../model/split";
import { clipSpan, projectRate } from "../model/time";
import { addTrack, changeTrack, removeTrack } from "../model/tracks";
import { addTransition, changeTransition, removeTransitions } from "../model/transitions";
import { trimClips, trimmedWith } from "../model/trim";

export interface Edit {
  readonly name: string;
  readonly apply: (draft: Project) => void;
}

/** The file of drawn projects is an hour long. */
export const AN_HOUR: SourceSeconds = (clip: Clip) => (clip.source.kind === "file" ? ratio(3600n) : null);

const pick = fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 4 });
const kind = fc.constantFrom("video" as const, "audio" as const);
const edge = fc.constantFrom("head" as const, "tail" as const);
const landing = fc.constantFrom("overwrite" as const, "insert" as const);
const align = fc.constantFrom("center" as const, "start" as const, "end" as const);
const by = fc.integer({ min: -90, max: 90 });
const frame = fc.nat({ max: 250 });

function clipsOf(project: Project): Clip[] {
  return mediaTracks(project).flatMap((track) => track.clips);
}

/** The clips that numbers choose, with their companions. */
function chosen(project: Project, numbers: readonly number[]): Set<string> {
  const clips = clipsOf(project);
  const ids = numbers.map((number) => clips[number % Math.max(1, clips.length)]?.id ?? "");
  return withCompanions(project, ids.filter((id) => id !== ""));
}

/** Those of clips that lie on tracks of a kind (null: on any) and have a picture where one is asked for. */
function ofKind(project: Project, ids: ReadonlySet<string>, wanted: "video" | null): Set<string> {
  const fitting = mediaTracks(project).filter(({ kind: each }) => wanted === null || each === wanted);
  const clips = fitting.flatMap((track) => track.clips).filter((clip) => clip.source.kind !== "adjustment");
  return new Set(clips.map(idOf).filter((id) => ids.has(id)));
}

function trackOf(project: Project, number: number): string {
  return project.tracks[number % Math.max(1, project.tracks.length)]?.id ?? "";
}

/** An edge of a clip, so that cuts are found more often than by chance. */
function cutOf(project: Project, number: number): { track: string; frame: number } {
  const rate = projectRate(project);
  const cuts = mediaTracks(project).flatMap((track) =>
    track.clips.flatMap((clip) => Object.values(clipSpan(clip, rate)).map((at) => ({ track: idOf(track), frame: at }))),
  );
  return cuts[number % Math.max(1, cuts.length)] ?? { track: "", frame: 0 };
}

function at(project: Project, track: number, atFrame: number, how: At["landing"]): At {
  return { track: track === 0 ? null : trackOf(project, track), frame: atFrame, landing: how };
}

function edit<T>(name: string, args: fc.Arbitrary<T>, apply: (draft: Project, args: T) => unknown): fc.Arbitrary<Edit> {
  return args.map((drawn) => ({ name: `${name} ${JSON.stringify(drawn)}`, apply: (draft) => void apply(draft, drawn) }));
}

export const drawnEdit: fc.Arbitrary<Edit> = fc.oneof(
  edit("move", fc.record({ pick, by, tracks: fc.integer({ min: -2, max: 2 }), kind }), (draft, args) =>
    moveClips(draft, { ids: chosen(draft, args.pick), frames: args.by, tracks: args.tracks, kind: args.kind }),
  ),
  edit("trim", fc.record({ pick, by, edge, mode: fc.constantFrom("plain" as const, "ripple" as const, "roll" as const) }), (draft, args) => {
    const [id = ""] = chosen(draft, args.pick);
    trimClips(draft, { ids: trimmedWith(draft, id, args.edge), edge: args.edge, mode: args.mode, frames: args.by }, AN_HOUR);
  }),
  edit("split", fc.record({ frame, pick, all: fc.boolean() }), (draft, args) =>
    splitClips(draft, args.frame, args.all ? null : chosen(draft, args.pick)),
  ),
  edit("remove", fc.record({ pick, ripple: fc.boolean() }), (draft, args) =>
    (args.ripple ? rippleRemove : removeClips)(draft, chosen(draft, args.pick)),
  ),
  edit("close gap", fc.record({ track: fc.nat({ max: 5 }), frame }), (draft, args) => closeGap(draft, trackOf(draft, args.track), args.frame)),
  edit("paste", fc.record({ pick, track: fc.nat({ max: 5 }), frame, landing }), (draft, args) => {
    const clipboard = copyClips(draft, chosen(draft, args.pick));
    if (clipboard !== null) pasteClips(draft, clipboard, at(draft, args.track, args.frame, args.landing));
  }),
  edit("transition", fc.record({ cut: fc.nat({ max: 60 }), frames: fc.integer({ min: 1, max: 60 }), align }), (draft, args) =>
    addTransition(draft, { ...cutOf(draft, args.cut), type: "wipeleft", frames: args.frames, align: args.align }),
  ),
  edit("change transition", fc.record({ pick: fc.nat({ max: 9 }), frames: fc.integer({ min: 0, max: 60 }), align }), (draft, args) => {
    const ids = mediaTracks(draft).flatMap((track) => track.transitions.map(idOf));
    const id = ids[args.pick % Math.max(1, ids.length)] ?? "";
    changeTransition(draft, id, { frames: args.frames, align: args.align, type: "fade", audio: "linear" });
    if (args.frames === 0) removeTransitions(draft, new Set([id]));
  }),
  edit("fade", fc.record({ pick, edge: fc.constantFrom("in" as const, "out" as const), by }), (draft, args) => {
    for (const id of chosen(draft, args.pick)) setFade(draft, id, args.edge, args.by);
  }),
  edit("insert", fc.record({ track: fc.nat({ max: 5 }), frame, landing, picture: fc.boolean(), still: fc.boolean() }), (draft, args) => {
    const media = { media: "m1", picture: args.picture, sound: true, seconds: args.still ? null : ratio(4n, 3n) };
    insertMedia(draft, [media, media], at(draft, args.track, args.frame, args.landing));
  }),
  edit("title", fc.record({ track: fc.nat({ max: 5 }), frame, landing }), (draft, args) =>
    insertTitle(draft, "A title", at(draft, args.track, args.frame, args.landing)),
  ),
  edit("number", fc.record({ pick, at: fc.nat({ max: 40 }), part: fc.double({ min: 0, max: 1, noNaN: true }) }), (draft, args) => {
    const members = [...PICTURE, ...COLORS, ...CROPS, ...SOUND];
    const { path, min, max } = members[args.at % members.length] ?? { path: "opacity", min: 0, max: 1 };
    const value = min + args.part * (max - min);
    const sound = path === "volume" || path === "pan";
    const ids = ofKind(draft, chosen(draft, args.pick), sound ? null : "video");
    if (path === "transform.scaleX") setScale(draft, ids, value / 10);
    else setNumber(draft, ids, path, value);
  }),
  edit("speed", fc.record({ pick, speed: fc.constantFrom(0.05, 0.3337, 0.5, 1, 2, 7.77, 100), reverse: fc.boolean() }), (draft, args) => {
    const ids = chosen(draft, args.pick);
    setSpeed(draft, ids, args.speed, draft, () => null);
    setReverse(draft, ids, args.reverse);
  }),
  edit("members", fc.record({ pick, enabled: fc.boolean(), muted: fc.boolean(), text: fc.string() }), (draft, { pick: picked, enabled, muted, text }) => {
    const ids = chosen(draft, picked);
    setMembers(draft, ids, { enabled, muted, name: text });
    for (const id of ids) setTitle(draft, id, { text, fontSize: 40, color: "#FF8800" });
  }),
  edit("effects", fc.record({ pick, type: fc.constantFrom("blur", "glow", "mask"), what: fc.nat({ max: 3 }) }), (draft, args) => {
    const ids = ofKind(draft, chosen(draft, args.pick), "video");
    addEffect(draft, ids, args.type);
    for (const id of ids) {
      const effect = clipsOf(draft).find((each) => each.id === id)?.effects[0]?.id ?? "";
      if (args.what === 0) removeEffect(draft, id, effect);
      else if (args.what === 1) moveEffect(draft, id, effect, 1);
      else if (args.what === 2) changeEffect(draft, id, effect, { enabled: false, mix: 0.25 });
      else setParameter(draft, id, effect, "radius", undefined);
    }
  }),
  edit("track", fc.record({ track: fc.nat({ max: 5 }), kind, what: fc.nat({ max: 4 }), value: fc.double({ min: -2, max: 8, noNaN: true }) }), (draft, args) => {
    const id = trackOf(draft, args.track);
    if (args.what === 0) addTrack(draft, args.kind);
    else if (args.what === 1) removeTrack(draft, id);
    else changeTrack(draft, id, { volume: args.value, pan: args.value, muted: args.what === 2, solo: args.what === 3, enabled: args.what !== 4 });
  }),
);
