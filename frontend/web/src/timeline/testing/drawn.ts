/** Projects that fast-check draws: what a timeline may hold. */

import fc from "fast-check";
import { produce } from "immer";
import type { Clip, Effect, Project } from "../../generated/client";
import { divide, format, frameTime, multiply, ratio, subtract, type Ratio } from "../../project/time";
import { mediaSource, newClip, titleSource } from "../model/clips";
import type { MediaTrack } from "../model/document";
import { parseRate, projectFrames, writeSeconds } from "../model/time";
import { addTrack } from "../model/tracks";
import { addTransition } from "../model/transitions";
import { emptyProject } from "./project";

interface Drawn {
  readonly gap: number;
  readonly frames: number;
  /** Tenths of a frame by which start and end lie off the frame's edge; they snap to it. */
  readonly off: readonly [number, number];
  readonly source: "file" | "title" | "color" | "adjustment";
  readonly from: number;
  readonly speed: number;
  readonly how: "forward" | "reverse" | "freeze" | "map";
  /** Tenths of the duration. */
  readonly fades: readonly [number, number];
  readonly keys: readonly [number, number] | null;
  readonly effect: { readonly start: number; readonly end: number | null } | null;
  readonly link: number | null;
  readonly transition: number | null;
}

const clip: fc.Arbitrary<Drawn> = fc.record({
  gap: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 40 }) }),
  frames: fc.integer({ min: 1, max: 60 }),
  off: fc.tuple(fc.integer({ min: -4, max: 4 }), fc.integer({ min: -4, max: 4 })),
  source: fc.constantFrom("file", "file", "title", "color", "adjustment"),
  from: fc.integer({ min: 0, max: 300 }),
  speed: fc.constantFrom(1, 1, 2, 0.5, 1.25, 0.333),
  how: fc.constantFrom("forward", "forward", "reverse", "freeze", "map"),
  fades: fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 })),
  keys: fc.option(fc.tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: 1, max: 40 })), { freq: 3 }),
  effect: fc.option(fc.record({ start: fc.integer({ min: 0, max: 10 }), end: fc.option(fc.integer({ min: 11, max: 30 })) }), { freq: 4 }),
  link: fc.option(fc.integer({ min: 0, max: 3 }), { freq: 3 }),
  transition: fc.option(fc.integer({ min: 2, max: 30 }), { freq: 2 }),
});

export const drawnProject: fc.Arbitrary<Project> = fc
  .record({
    rate: fc.constantFrom("25", "24", "30", "30000/1001", "24000/1001", "60"),
    video: fc.array(fc.array(clip, { maxLength: 7 }), { minLength: 1, maxLength: 3 }),
    audio: fc.array(fc.array(clip, { maxLength: 5 }), { maxLength: 2 }),
    locked: fc.option(fc.integer({ min: 0, max: 3 }), { freq: 6 }),
    range: fc.boolean(),
    group: fc.boolean(),
  })
  .map(({ rate, video, audio, locked, range, group }) =>
    produce(emptyProject(rate), (draft) => {
      for (const drawn of video) fill(draft, "video", drawn);
      for (const drawn of audio) fill(draft, "audio", drawn);
      const track = draft.tracks[locked ?? -1];
      if (track !== undefined) track.locked = true;
      const ids = draft.tracks.flatMap((each) => (each.kind === "subtitle" ? [] : each.clips.map((one) => one.id ?? "")));
      if (group && ids.length > 1) draft.groups.push({ id: "group-1", name: "", clips: ids.slice(0, 2) });
      if (range && ids.length > 0) draft.export.range = [0, writeSeconds(frameTime(projectFrames(draft), parseRate(rate)))];
    }),
  );

function fill(draft: Project, kind: MediaTrack["kind"], drawn: readonly Drawn[]): void {
  const rate = parseRate(draft.frameRate);
  const id = addTrack(draft, kind);
  const track = draft.tracks.find((each): each is MediaTrack => each.id === id);
  if (track === undefined) return;
  let frame = 0;
  for (const each of drawn) {
    frame += each.gap;
    track.clips.push(clipOf(each, frame, kind, rate));
    frame += each.frames;
  }
  frame = 0;
  for (const each of drawn) {
    frame += each.gap;
    if (each.transition !== null) addTransition(draft, { track: track.id ?? "", frame, type: "fade", frames: each.transition });
    frame += each.frames;
  }
}

function clipOf(drawn: Drawn, frame: number, kind: MediaTrack["kind"], rate: Ratio): Clip {
  const edge = (at: number, tenths: number): Ratio => divide(ratio(BigInt(10 * at + (at === 0 ? Math.max(0, tenths) : tenths)), 10n), rate);
  const made = newClip(source(drawn, kind), frame, drawn.frames, rate);
  const start = edge(frame, drawn.off[0]);
  const length = subtract(edge(frame + drawn.frames, drawn.off[1]), start);
  made.start = format(start);
  made.duration = format(length);
  if (made.source.kind === "file") setSource(made, drawn);
  const [into, out] = drawn.fades.map((tenths) => writeSeconds(multiply(length, ratio(BigInt(tenths), 10n))));
  if (kind === "video") [made.fadeIn, made.fadeOut] = [into ?? 0, out ?? 0];
  else [made.audioFadeIn, made.audioFadeOut] = [into ?? 0, out ?? 0];
  if (drawn.keys !== null && (made.source.kind === "file" || kind === "video")) {
    const [from, more] = drawn.keys;
    const keyframes = [from, from + more].map((at, index) => ({ time: format(frameTime(at, rate)), value: index, easing: "linear" as const }));
    if (kind === "video") made.opacity = { keyframes };
    else made.volume = { keyframes };
  }
  if (drawn.effect !== null && kind === "video" && made.source.kind === "color") made.effects.push(blur(drawn.effect, rate));
  if (drawn.link !== null) made.link = `link-${drawn.link}`;
  return made;
}

function source(drawn: Drawn, kind: MediaTrack["kind"]): Clip["source"] {
  if (drawn.source === "file" || kind === "audio") return mediaSource("m1");
  if (drawn.source === "title") return titleSource("Words");
  return drawn.source === "color" ? { kind: "color", color: "#336699" } : { kind: "adjustment" };
}

function setSource(made: Clip, drawn: Drawn): void {
  if (drawn.how === "map") {
    made.timeMap = [
      { time: 0, source: drawn.from / 10, easing: "linear" },
      { time: 1, source: drawn.from / 10 + drawn.speed, easing: "easeIn" },
    ];
    return;
  }
  made.sourceStart = drawn.from / 10;
  if (drawn.how === "freeze") {
    made.freeze = true;
    return;
  }
  made.speed = drawn.speed;
  made.reverse = drawn.how === "reverse";
}

function blur({ start, end }: { start: number; end: number | null }, rate: Ratio): Effect {
  return {
    id: `effect-${crypto.randomUUID()}`,
    type: "blur",
    enabled: true,
    start: format(frameTime(start, rate)),
    end: end === null ? null : format(frameTime(end, rate)),
    mix: 1,
    parameters: { radius: { keyframes: [{ time: 0, value: 2 }, { time: 1, value: 5 }] } },
  };
}
