/** Splitting clips at a frame. */

import type { Project } from "../../generated/client";
import { findClips, idOf, isMediaTrack, newId, type Place } from "./document";
import { cutOff, roomForClips } from "./remove";
import { settle } from "./settle";
import { clipSpan, projectRate } from "./time";

/** The clips that a frame cuts through: among those named, or on all tracks (null). */
export function clipsUnder(project: Project, frame: number, ids: ReadonlySet<string> | null): Place[] {
  const rate = projectRate(project);
  const all = project.tracks.flatMap((track) => (isMediaTrack(track) ? track.clips.map(idOf) : []));
  return findClips(project, ids ?? all).filter(({ clip }) => {
    const { first, end } = clipSpan(clip, rate);
    return first < frame && frame < end;
  });
}

/** Split clips at a frame. First parts keep their ids; returns those of the second parts, which are linked among themselves as the first are. */
export function splitClips(draft: Project, frame: number, ids: ReadonlySet<string> | null): string[] {
  const rate = projectRate(draft);
  const places = clipsUnder(draft, frame, ids);
  if (!roomForClips(draft, places.length)) return [];
  const links = new Map<string, string>();
  const rests = places.map(({ track, clip }) => {
    const rest = cutOff(track, clip, frame, rate);
    if (clip.link !== null) {
      const link = links.get(clip.link) ?? newId("link");
      links.set(clip.link, link);
      rest.link = link;
    }
    for (const group of draft.groups) if (group.clips.includes(idOf(clip))) group.clips.push(idOf(rest));
    return idOf(rest);
  });
  settle(draft);
  return rests;
}
