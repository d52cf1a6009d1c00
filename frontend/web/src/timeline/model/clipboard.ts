/** Copying clips and pasting them, transitions between them included. */

import type { Clip, Media, Project, Transition } from "../../generated/client";
import { frameTime } from "../../project/time";
import { copyOf, findMediaTrack, idOf, mediaTracks, newId, type MediaTrack } from "./document";
import type { At } from "./insert";
import { lanesOf } from "./move";
import { clearSpan, makeRoom, roomForClips, withNewIds } from "./remove";
import { timelineEnd } from "./room";
import { settle, settleKeys } from "./settle";
import { place } from "./shape";
import { clipSpan, frameAt, parseRate, projectRate } from "./time";
import { addTrack } from "./tracks";

interface Item {
  readonly kind: MediaTrack["kind"];
  /** Counted among the tracks of its kind. */
  readonly lane: number;
  /** Frames from the first clip's start. */
  readonly first: number;
  readonly end: number;
  readonly clip: Clip;
}

export interface Clipboard {
  readonly frameRate: string;
  /** The frame at which the first clip was. */
  readonly start: number;
  readonly items: readonly Item[];
  readonly transitions: readonly Transition[];
  readonly media: readonly Media[];
}

/** Copy clips, from locked tracks too; null where none of them is there. */
export function copyClips(project: Project, ids: ReadonlySet<string>): Clipboard | null {
  const rate = projectRate(project);
  const items: Item[] = [];
  const transitions: Transition[] = [];
  for (const track of mediaTracks(project)) {
    const lane = lanesOf(project, track.kind).indexOf(track);
    for (const clip of track.clips) if (ids.has(idOf(clip))) items.push({ kind: track.kind, lane, ...clipSpan(clip, rate), clip: copyOf(clip) });
    transitions.push(...track.transitions.filter((each) => [each.from, each.to].every((id) => id === null || ids.has(id))));
  }
  if (items.length === 0) return null;
  const start = Math.min(...items.map((item) => item.first));
  const used = new Set(items.map(({ clip }) => (clip.source.kind === "file" ? clip.source.media : null)));
  return {
    frameRate: project.frameRate,
    start,
    items: items.map((item) => ({ ...item, first: item.first - start, end: item.end - start })),
    transitions: copyOf(transitions),
    media: copyOf(project.media.filter((each) => used.has(each.id))),
  };
}

/**
 * Paste at a frame: on the named track and those above it (clips of the other kind: on the tracks they came from).
 * Tracks that are missing are added; locked ones take nothing. Returns the ids of the new clips.
 */
export function pasteClips(draft: Project, clipboard: Clipboard, at: At): string[] {
  if (!roomForClips(draft, clipboard.items.length)) return [];
  const rate = projectRate(draft);
  const clips = landings(draft, clipboard, at);
  if (clips.length === 0 || clips.some(({ end }) => end > timelineEnd(rate))) return [];
  for (const media of clipboard.media) if (!draft.media.some((each) => each.id === media.id)) draft.media.push(copyOf(media));
  if (at.landing === "insert") {
    const length = Math.max(...clips.map(({ end }) => end)) - at.frame;
    for (const track of new Set(clips.map(({ track }) => track))) makeRoom(track, at.frame, length, rate);
  } else for (const { track, first, end } of clips) clearSpan(track, { first, end }, NONE, rate);
  const ids = new Map<string, { id: string; track: MediaTrack }>();
  const links = new Map<string, string>();
  for (const { track, first, end, item } of clips) {
    const clip = withNewIds(copyOf(item.clip));
    if (clip.link !== null) {
      const link = links.get(clip.link) ?? newId("link");
      links.set(clip.link, link);
      clip.link = link;
    }
    place(clip, first, Math.max(1, end - first), rate);
    track.clips.push(clip);
    settleKeys(draft, track, clip);
    ids.set(idOf(item.clip), { id: idOf(clip), track });
  }
  pasteTransitions(clipboard.transitions, ids);
  settle(draft);
  return [...ids.values()].map(({ id }) => id);
}

const NONE: ReadonlySet<string> = new Set();

interface Landed {
  readonly track: MediaTrack;
  readonly first: number;
  readonly end: number;
  readonly item: Item;
}

function landings(draft: Project, clipboard: Clipboard, at: At): Landed[] {
  const rate = projectRate(draft);
  const copied = parseRate(clipboard.frameRate);
  const frame = (frames: number): number => at.frame + (copied === rate ? frames : frameAt(frameTime(frames, copied), rate));
  const aimed = at.track === null ? null : findMediaTrack(draft, at.track);
  const lowest = Math.min(...clipboard.items.filter((item) => item.kind === aimed?.kind).map((item) => item.lane));
  const found: Landed[] = [];
  for (const item of clipboard.items) {
    const lane = item.kind === aimed?.kind ? item.lane - lowest + lanesOf(draft, item.kind).findIndex((each) => each.id === aimed.id) : item.lane;
    const track = laneOf(draft, item.kind, lane);
    const [first, end] = [frame(item.first), frame(item.end)];
    if (track !== null && !track.locked && end > first) found.push({ track, first, end, item });
  }
  return found;
}

function laneOf(draft: Project, kind: MediaTrack["kind"], lane: number): MediaTrack | null {
  while (lanesOf(draft, kind).length <= lane) if (addTrack(draft, kind) === null) return null;
  return lanesOf(draft, kind)[lane] ?? null;
}

function pasteTransitions(transitions: readonly Transition[], ids: ReadonlyMap<string, { id: string; track: MediaTrack }>): void {
  for (const each of transitions) {
    const [from, to] = [ids.get(each.from ?? ""), ids.get(each.to ?? "")];
    const track = (from ?? to)?.track;
    if ((each.from !== null && from === undefined) || (each.to !== null && to === undefined)) continue;
    track?.transitions.push({ ...copyOf(each), id: newId("transition"), from: from?.id ?? null, to: to?.id ?? null });
  }
}
