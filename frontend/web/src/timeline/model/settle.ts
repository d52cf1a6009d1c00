/** What every edit ends with: nothing of the document may refer to what is no longer there. */

import type { Clip, Effect, Project } from "../../generated/client";
import { parse } from "../../project/time";
import { eachClip, idOf, isMediaTrack, type MediaTrack } from "./document";
import { frameAt, projectFrames, projectRate, secondsAt } from "./time";
import { settleTransitions } from "./transitions";

const KEYED = "ducking";

/** Bring transitions, groups and the export's range in line with the clips of a draft. */
export function settle(draft: Project): void {
  const rate = projectRate(draft);
  for (const track of draft.tracks) if (isMediaTrack(track)) settleTransitions(track, rate);
  settleGroups(draft);
  settleRange(draft);
}

function settleGroups(draft: Project): void {
  if (draft.groups.length === 0) return;
  const ids = new Set<string>();
  eachClip(draft, (clip) => ids.add(idOf(clip)));
  if (draft.groups.every((group) => group.clips.every((id) => ids.has(id)))) return;
  for (const group of draft.groups) group.clips = group.clips.filter((id) => ids.has(id));
  draft.groups = draft.groups.filter((group) => group.clips.length > 0);
}

/** An export's range lies inside the project: one that reaches beyond ends with it, one with nothing left goes. */
function settleRange(draft: Project): void {
  const range = draft.export.range;
  if (range === null) return;
  const rate = projectRate(draft);
  const frames = projectFrames(draft);
  const [first, end] = [frameAt(parse(range[0]), rate), frameAt(parse(range[1]), rate)];
  if (end <= frames || first >= end) return;
  draft.export.range = first >= frames ? null : [range[0], secondsAt(frames, rate)];
}

/** Silence the effects of a clip that would listen to the track it lies on, be it through others. */
export function settleKeys(draft: Project, track: MediaTrack, clip: Clip): void {
  for (const effect of clip.effects) {
    const key = keyOf(effect);
    if (key !== null && reaches(draft, key, idOf(track))) effect.parameters = { ...effect.parameters, track: null };
  }
}

function reaches(project: Project, from: string, to: string): boolean {
  const seen = new Set<string>();
  const waiting = [from];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (id === to) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    const track = project.tracks.find((each) => each.id === id);
    if (!isMediaTrack(track)) continue;
    const effects = [...track.effects, ...track.clips.flatMap((clip) => clip.effects)];
    waiting.push(...effects.map(keyOf).filter((key) => key !== null));
  }
  return false;
}

/** The track that an effect listens to. */
export function keyOf(effect: Effect): string | null {
  const { track } = effect.parameters;
  return effect.type === KEYED && typeof track === "string" && track !== "" ? track : null;
}
