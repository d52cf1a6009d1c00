/** Fades of a clip, by frames. */

import type { Clip, Project } from "../../generated/client";
import { frameTime, parse, subtract } from "../../project/time";
import { findClips, type MediaTrack } from "./document";
import { larger, projectRate, smaller, writeSeconds, ZERO } from "./time";

export type FadeEdge = "in" | "out";
type Member = "fadeIn" | "fadeOut" | "audioFadeIn" | "audioFadeOut";

/** The members that a fade of a clip sets: of picture and sound, where it has them. */
export function fadeMembers(kind: MediaTrack["kind"], clip: Clip, edge: FadeEdge): Member[] {
  const [picture, sound]: [Member, Member] = edge === "in" ? ["fadeIn", "audioFadeIn"] : ["fadeOut", "audioFadeOut"];
  if (kind === "audio") return [sound];
  return clip.source.kind === "file" ? [picture, sound] : [picture];
}

const OTHER: Record<Member, Member> = { fadeIn: "fadeOut", fadeOut: "fadeIn", audioFadeIn: "audioFadeOut", audioFadeOut: "audioFadeIn" };

/** Fade a clip over so many frames, at most as long as its other fade leaves. */
export function setFade(draft: Project, id: string, edge: FadeEdge, frames: number): void {
  const [found] = findClips(draft, [id]);
  if (found === undefined) return;
  const { clip, track } = found;
  const wished = larger(ZERO, frameTime(frames, projectRate(draft)));
  for (const member of fadeMembers(track.kind, clip, edge)) {
    const most = subtract(parse(clip.duration), parse(clip[OTHER[member]]));
    clip[member] = writeSeconds(smaller(wished, larger(ZERO, most)));
  }
}
