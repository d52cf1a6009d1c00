/** Documents for tests. */

import type { Clip, Project } from "../../generated/client";
import { mediaSource, newClip } from "../model/clips";
import type { MediaTrack } from "../model/document";
import { parseRate } from "../model/time";
import { addTrack } from "../model/tracks";

/** A project with one file in its bin (`m1`), as the sidecar answers it. */
export function emptyProject(frameRate = "25"): Project {
  return {
    schema: "timeline/1",
    frameRate,
    width: 1280,
    height: 720,
    tracks: [],
    id: "project",
    name: "",
    description: "",
    author: "",
    metadata: {},
    sampleRate: 48_000,
    channels: 2,
    colorSpace: "bt709",
    background: "#000000",
    masterVolume: 1,
    effects: [],
    media: [
      {
        id: "m1",
        path: "/media/a.mp4",
        name: "",
        folder: "",
        tags: [],
        metadata: {},
        fingerprint: null,
        interpret: {
          frameRate: null,
          pixelAspect: null,
          rotation: null,
          deinterlace: "auto",
          range: null,
          matrix: null,
          primaries: null,
          transfer: null,
          alpha: "auto",
        },
      },
    ],
    fonts: [],
    templates: [],
    groups: [],
    markers: [],
    sequences: [],
    export: {
      container: "mp4",
      width: null,
      height: null,
      frameRate: null,
      range: null,
      video: {
        codec: null,
        quality: 85,
        rateControl: "quality",
        bitrate: null,
        maxBitrate: null,
        sizeLimit: null,
        passes: 1,
        preset: "medium",
        profile: null,
        pixelFormat: "yuv420p",
        keyframeInterval: 2,
        bFrames: null,
        hardware: "off",
        copy: "auto",
      },
      audio: { codec: null, bitrate: 192_000, sampleRate: 48_000, channels: 2, loudness: null, limiter: null },
      subtitles: "burn",
      sidecarFormat: "srt",
      chapters: true,
      faststart: true,
      copySourceMetadata: false,
      metadata: { title: "", artist: "", comment: "", date: "", copyright: "" },
    },
  };
}

/** Add a track with file clips [first, end) called by the names given. */
export function addClips(project: Project, kind: MediaTrack["kind"], clips: Record<string, readonly [number, number]>): string {
  const id = addTrack(project, kind);
  const track = project.tracks.find((each): each is MediaTrack => each.id === id);
  if (id === null || track === undefined) throw new Error("no track");
  for (const [name, [first, end]] of Object.entries(clips)) {
    const clip = newClip(mediaSource("m1"), first, end - first, parseRate(project.frameRate));
    clip.id = name;
    clip.sourceStart = 100;
    track.clips.push(clip);
  }
  return id;
}

export function clipOf(project: Project, id: string): Clip {
  for (const track of project.tracks) {
    if (track.kind === "subtitle") continue;
    const clip = track.clips.find((each) => each.id === id);
    if (clip !== undefined) return clip;
  }
  throw new Error(`no clip ${id}`);
}
