/** New clips, with every member written: what the page holds looks like what the sidecar answers. */

import type { Clip, FileSource, Style, TitleSource } from "../../generated/client";
import type { Ratio } from "../../project/time";
import { newId } from "./document";
import { secondsAt } from "./time";

/** A clip with all its defaults. */
export function newClip(source: Clip["source"], first: number, frames: number, rate: Ratio): Clip {
  return {
    source,
    start: secondsAt(first, rate),
    duration: secondsAt(frames, rate),
    id: newId("clip"),
    name: "",
    enabled: true,
    sourceStart: 0,
    speed: 1,
    reverse: false,
    freeze: false,
    timeMap: null,
    retime: "nearest",
    pitch: "keep",
    fit: "contain",
    crop: { left: 0, top: 0, right: 0, bottom: 0 },
    transform: { x: 0.5, y: 0.5, scaleX: 1, scaleY: 1, rotation: 0, anchorX: 0.5, anchorY: 0.5 },
    opacity: 1,
    blend: "normal",
    color: {
      brightness: 0,
      contrast: 1,
      saturation: 1,
      hue: 0,
      gamma: 1,
      highlights: 0,
      shadows: 0,
      whites: 0,
      blacks: 0,
      temperature: 0,
      tint: 0,
    },
    volume: 1,
    pan: 0,
    muted: false,
    fadeIn: 0,
    fadeOut: 0,
    audioFadeIn: 0,
    audioFadeOut: 0,
    layout: null,
    effects: [],
    link: null,
    markers: [],
    notes: "",
    tags: [],
    metadata: {},
  };
}

/** A file of the bin. */
export function mediaSource(media: string): FileSource {
  return { kind: "file", path: null, media, videoStream: 0, audioStream: 0, channelMap: null, loop: null, onError: "fail" };
}

/** A title as the defaults draw it. */
export function titleSource(text: string): TitleSource {
  return { kind: "title", text, style: plainStyle(), position: null, animations: [] };
}

/** A style that leaves everything to the level below. */
export function plainStyle(): Style {
  return {
    preset: null,
    fontFamily: null,
    fontSize: null,
    fontWeight: null,
    italic: null,
    color: null,
    opacity: null,
    outlineColor: null,
    outlineWidth: null,
    shadowColor: null,
    shadowX: null,
    shadowY: null,
    shadowBlur: null,
    backgroundColor: null,
    backgroundOpacity: null,
    padding: null,
    borderRadius: null,
    lineHeight: null,
    letterSpacing: null,
    maxWidth: null,
    align: null,
  };
}
