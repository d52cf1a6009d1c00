/** Edits of the inspector: recipes on a project that the sidecar accepts. */

import type { Clip, Effect, Project } from "../generated/client";
import { multiply, parse, toNumber } from "../project/time";
import { findClip, findClips, idOf, newId, type Place } from "../timeline/model/document";
import { framesIn, framesLeft, freeAround, type SourceSeconds } from "../timeline/model/room";
import { settle } from "../timeline/model/settle";
import { isKeyframes, place } from "../timeline/model/shape";
import { clipSpan, projectRate, sourceLength } from "../timeline/model/time";

/** Members of a clip that are numbers: their own, or of one of its groups. */
export type NumberPath =
  | "opacity"
  | "volume"
  | "pan"
  | `crop.${keyof Clip["crop"]}`
  | `transform.${keyof Clip["transform"]}`
  | `color.${keyof Clip["color"]}`;

export type Animated = Clip["opacity"];

const MOST_CROPPED = 0.99;
export const SPEEDS = { least: 0.05, most: 100 };
export const MOST_EFFECTS = 32;

export function valueAt(clip: Clip, path: NumberPath): Animated {
  if (path === "opacity" || path === "volume" || path === "pan") return clip[path];
  const [group, member] = path.split(".") as ["crop" | "transform" | "color", string];
  return (clip[group] as unknown as Record<string, Animated>)[member] ?? 0;
}

/** Set a number of clips; those with keyframes keep them. */
export function setNumber(draft: Project, ids: Iterable<string>, path: NumberPath, value: number): void {
  for (const { clip } of findClips(draft, ids)) {
    if (isKeyframes(valueAt(clip, path))) continue;
    if (path === "opacity" || path === "volume" || path === "pan") {
      clip[path] = value;
      continue;
    }
    const [group, member] = path.split(".") as ["crop" | "transform" | "color", string];
    (clip[group] as unknown as Record<string, Animated>)[member] = group === "crop" ? cropped(clip, member, value) : value;
  }
}

const OPPOSITE: Record<string, keyof Clip["crop"]> = { left: "right", right: "left", top: "bottom", bottom: "top" };

/** Opposite crops leave something of the picture. */
function cropped(clip: Clip, side: string, value: number): number {
  const other = clip.crop[OPPOSITE[side] ?? "left"];
  const taken = typeof other === "number" ? other : Math.max(...other.keyframes.map((key) => key.value));
  return Math.max(0, Math.min(value, Math.floor((MOST_CROPPED - taken) * 1000) / 1000));
}

/** Set both scales of clips, the other keeping its ratio to the first. */
export function setScale(draft: Project, ids: Iterable<string>, value: number): void {
  for (const { clip } of findClips(draft, ids)) {
    const { scaleX, scaleY } = clip.transform;
    if (isKeyframes(scaleX) || isKeyframes(scaleY)) continue;
    clip.transform.scaleY = scaleX === 0 ? value : (value * scaleY) / scaleX;
    clip.transform.scaleX = value;
  }
}

/** Set members that are words, texts or switches. */
export function setMembers(draft: Project, ids: Iterable<string>, members: Partial<Pick<Clip, "name" | "enabled" | "muted" | "fit" | "blend" | "pitch" | "freeze">>): void {
  for (const { clip } of findClips(draft, ids)) Object.assign(clip, members);
  if (members.enabled !== undefined) settle(draft);
}

/**
 * Play clips at another speed: they become shorter or longer, as far as their source goes and the next clip leaves room.
 * `from` is the project in which they show what they are to show: of a drag, the one that it began with.
 */
export function setSpeed(draft: Project, ids: Iterable<string>, speed: number, from: Project, seconds: SourceSeconds): void {
  const rate = projectRate(draft);
  for (const { clip, track } of findClips(draft, ids)) {
    if (clip.source.kind !== "file" || clip.timeMap !== null || clip.freeze) continue;
    const before = findClip(from, idOf(clip))?.clip ?? clip;
    const old = clipSpan(before, rate);
    const wished = framesIn(sourceLength(old.end - old.first, rate, before.speed), speed, rate);
    const span = clipSpan(clip, rate);
    const room = freeAround(track, { clip, ...span }, rate).end - span.first;
    const most = Math.min(room, framesLeft(clip, speed, rate, seconds));
    // So fast that what is left of the source is over within a frame.
    if (most < 1) continue;
    clip.speed = speed;
    place(clip, span.first, Math.max(1, Math.min(wished, most)), rate);
  }
  settle(draft);
}

/** Play backwards, or forwards again; the same part of the source is seen. */
export function setReverse(draft: Project, ids: Iterable<string>, reverse: boolean): void {
  for (const { clip } of findClips(draft, ids)) if (clip.source.kind === "file" && clip.timeMap === null) clip.reverse = reverse;
}

/** Change what a title says and how it looks. */
export function setTitle(draft: Project, id: string, to: { text?: string; fontSize?: number | null; color?: string | null }): void {
  const source = findClips(draft, [id])[0]?.clip.source;
  if (source?.kind !== "title") return;
  if (to.text !== undefined) source.text = to.text;
  if (to.fontSize !== undefined) source.style.fontSize = to.fontSize;
  if (to.color !== undefined) source.style.color = to.color;
}

/** Change a plain colour's colour. */
export function setColor(draft: Project, id: string, color: string): void {
  const source = findClips(draft, [id])[0]?.clip.source;
  if (source?.kind === "color") source.color = color;
}

/** Put an effect behind the others of clips; parameters that are not named have their defaults. */
export function addEffect(draft: Project, ids: Iterable<string>, type: string, parameters: Readonly<Record<string, unknown>> = {}): void {
  for (const { clip } of findClips(draft, ids)) {
    if (clip.effects.length >= MOST_EFFECTS) continue;
    clip.effects.push({ id: newId("effect"), type, enabled: true, start: 0, end: null, mix: 1, parameters: { ...parameters } });
  }
}

export function removeEffect(draft: Project, clip: string, id: string): void {
  const found = ownerOf(draft, clip);
  if (found) found.clip.effects = found.clip.effects.filter((each) => each.id !== id);
}

/** Move an effect by a place: earlier ones act first. */
export function moveEffect(draft: Project, clip: string, id: string, by: 1 | -1): void {
  const effects = ownerOf(draft, clip)?.clip.effects;
  const index = effects?.findIndex((each) => each.id === id) ?? -1;
  const [one, other] = [effects?.[index], effects?.[index + by]];
  if (!effects || !one || !other) return;
  effects[index] = other;
  effects[index + by] = one;
}

export function changeEffect(draft: Project, clip: string, id: string, to: Partial<Pick<Effect, "enabled" | "mix">>): void {
  const effect = effectOf(draft, clip, id);
  if (effect) Object.assign(effect, to);
}

/** Set a parameter; undefined takes it back to its default. */
export function setParameter(draft: Project, clip: string, id: string, name: string, value: unknown): void {
  const effect = effectOf(draft, clip, id);
  if (!effect) return;
  if (value === undefined) delete effect.parameters[name];
  else effect.parameters[name] = value;
}

function ownerOf(draft: Project, clip: string): Place | null {
  return findClips(draft, [clip])[0] ?? null;
}

function effectOf(draft: Project, clip: string, id: string): Effect | null {
  return ownerOf(draft, clip)?.clip.effects.find((each) => each.id === id) ?? null;
}

/** Seconds of the timeline as frames, for fields that count in seconds. */
export function framesOf(project: Project, seconds: number): number {
  return Math.round(toNumber(multiply(parse(seconds), projectRate(project))));
}
