/** What of a document breaks the rules of docs/project.md that an edit of the timeline could break. */

import type { Project } from "../../generated/client";
import { add, compare, parse } from "../../project/time";
import { idOf, mediaTracks, spotsOf, type MediaTrack } from "../model/document";
import { frameAt, projectFrames, projectRate, transitionLength, ZERO } from "../model/time";
import { AUDIO_TYPE, shares, SHORTEST } from "../model/transitions";

export function faultsOf(project: Project): string[] {
  const clips = mediaTracks(project).flatMap((track) => track.clips);
  const ids = [...project.tracks, ...clips, ...clips.flatMap((clip) => clip.effects), ...mediaTracks(project).flatMap((track) => track.transitions)].map(idOf);
  const faults = mediaTracks(project).flatMap((track) => [...overlaps(project, track), ...transitions(project, track)]);
  if (new Set(ids).size !== ids.length) faults.push("ids stand twice");
  for (const group of project.groups) for (const id of group.clips) if (!ids.includes(id)) faults.push(`group without ${id}`);
  for (const clip of clips) {
    const duration = parse(clip.duration);
    for (const pair of [[clip.fadeIn, clip.fadeOut], [clip.audioFadeIn, clip.audioFadeOut]] as const) {
      const both = add(parse(pair[0]), parse(pair[1]));
      if (compare(both, duration) > 0 || pair.some((fade) => compare(parse(fade), ZERO) < 0)) faults.push(`fades of ${clip.id}`);
    }
    if (compare(parse(clip.sourceStart), ZERO) < 0) faults.push(`${clip.id} starts before its source`);
    for (const effect of clip.effects) {
      if (effect.end !== null && compare(parse(effect.end), parse(effect.start)) <= 0) faults.push(`effect of ${clip.id} ends before it starts`);
    }
  }
  const { range } = project.export;
  if (range !== null && frameAt(parse(range[1]), projectRate(project)) > projectFrames(project)) faults.push("the range ends beyond the project");
  return faults;
}

function overlaps(project: Project, track: MediaTrack): string[] {
  const spots = spotsOf(track, projectRate(project));
  return spots.flatMap((spot, index) => {
    const before = spots[index - 1];
    return [
      ...(spot.first < 0 ? [`${spot.clip.id} starts before zero`] : []),
      ...(spot.end <= spot.first ? [`${spot.clip.id} has no frame`] : []),
      ...(before !== undefined && before.end > spot.first ? [`${before.clip.id} and ${spot.clip.id} overlap`] : []),
    ];
  });
}

function transitions(project: Project, track: MediaTrack): string[] {
  const rate = projectRate(project);
  const spots = new Map(spotsOf(track, rate).map((spot) => [idOf(spot.clip), spot]));
  const left = new Map([...spots].map(([id, spot]) => [id, spot.end - spot.first]));
  const edges = new Set<string>();
  const faults: string[] = [];
  for (const each of track.transitions) {
    const [from, to] = [spots.get(each.from ?? ""), spots.get(each.to ?? "")];
    const length = transitionLength(each, rate);
    if ((each.from !== null && from === undefined) || (each.to !== null && to === undefined)) faults.push(`${each.id} joins what is not there`);
    if (from && to && from.end !== to.first) faults.push(`${each.id} joins clips that do not touch`);
    if (from && !to && [...spots.values()].some((spot) => spot.first === from.end)) faults.push(`${each.id}: the end is not free`);
    if (to && !from && [...spots.values()].some((spot) => spot.end === to.first)) faults.push(`${each.id}: the beginning is not free`);
    if ([from, to].some((spot) => spot?.clip.source.kind === "adjustment")) faults.push(`${each.id} on an adjustment`);
    if (length < SHORTEST) faults.push(`${each.id} is too short`);
    if (track.kind === "audio" && each.type !== AUDIO_TYPE) faults.push(`${each.id} is no crossfade`);
    const { before, after } = shares(each, length);
    for (const [id, frames, side] of [[each.from, before, "tail"], [each.to, after, "head"]] as const) {
      if (id === null) continue;
      if (edges.has(`${id} ${side}`)) faults.push(`${id}: two transitions at its ${side}`);
      edges.add(`${id} ${side}`);
      left.set(id, (left.get(id) ?? 0) - frames);
    }
  }
  for (const [id, frames] of left) if (frames < 0) faults.push(`transitions are longer than ${id}`);
  return faults;
}
