/** Tracks: adding, removing, their volume, mute, solo, lock and switch. */

import type { Project } from "../../generated/client";
import { eachClip, isMediaTrack, MOST_TRACKS, newId, type MediaTrack, type Track } from "./document";
import { keyOf, settle } from "./settle";

/** What of a track can be set; `volume` 0–4, `pan` −1–1, both without keyframes. */
export interface TrackChange {
  readonly name?: string;
  readonly enabled?: boolean;
  readonly locked?: boolean;
  readonly muted?: boolean;
  readonly solo?: boolean;
  readonly volume?: number;
  readonly pan?: number;
}

/** Add an empty track: video above all others, sound below. Returns its id, or null where a project holds no more. */
export function addTrack(draft: Project, kind: MediaTrack["kind"], name = ""): string | null {
  if (draft.tracks.length >= MOST_TRACKS) return null;
  const id = newId("track");
  const shared = { id, name, color: null, metadata: {}, enabled: true, locked: false, muted: false, solo: false, volume: 1, pan: 0, effects: [], clips: [], transitions: [] };
  draft.tracks.push(kind === "video" ? { kind, ...shared, opacity: 1, blend: "normal" } : { kind, ...shared });
  return id;
}

/** Remove a track with all that lies on it; effects that listened to it listen to none. */
export function removeTrack(draft: Project, id: string): void {
  if (draft.tracks.find((track) => track.id === id)?.locked !== false) return;
  draft.tracks = draft.tracks.filter((track) => track.id !== id);
  const effects = [...draft.effects];
  for (const track of draft.tracks) if (isMediaTrack(track)) effects.push(...track.effects);
  eachClip(draft, (clip) => effects.push(...clip.effects));
  for (const effect of effects) if (keyOf(effect) === id) effect.parameters = { ...effect.parameters, track: null };
  settle(draft);
}

/** Set members of a track; those that its kind does not have are left out, numbers are brought into their range. */
export function changeTrack(draft: Project, id: string, to: TrackChange): void {
  const track = draft.tracks.find((each) => each.id === id);
  if (track === undefined) return;
  if (to.name !== undefined) track.name = to.name;
  if (to.enabled !== undefined) track.enabled = to.enabled;
  if (to.locked !== undefined) track.locked = to.locked;
  if (isMediaTrack(track)) changeSound(track, to);
  if (to.enabled !== undefined) settle(draft);
}

function changeSound(track: MediaTrack, to: TrackChange): void {
  if (to.muted !== undefined) track.muted = to.muted;
  if (to.solo !== undefined) track.solo = to.solo;
  if (to.volume !== undefined) track.volume = Math.min(Math.max(to.volume, 0), 4);
  if (to.pan !== undefined) track.pan = Math.min(Math.max(to.pan, -1), 1);
}

/** Whether a track is heard: not muted, and among those with solo if any has it. */
export function isHeard(project: Project, track: Track): boolean {
  if (!isMediaTrack(track) || !track.enabled || track.muted) return false;
  return track.solo || !project.tracks.some((each) => isMediaTrack(each) && each.solo);
}
