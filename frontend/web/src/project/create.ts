import type { ProjectInput } from "../generated/client";

/** A project with nothing in it: one track of pictures, one of sound; its size and rate follow the first import. */
export function emptyProject(name: string): ProjectInput {
  return {
    schema: "timeline/1",
    id: `project-${crypto.randomUUID()}`,
    name,
    frameRate: "25",
    width: 1920,
    height: 1080,
    tracks: [
      { kind: "video", id: `track-${crypto.randomUUID()}`, name: "V1", clips: [] },
      { kind: "audio", id: `track-${crypto.randomUUID()}`, name: "A1", clips: [] },
    ],
  };
}
