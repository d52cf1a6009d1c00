import type { Project } from "../../generated/client";
import type { Track } from "../model/document";

/** What a track is called: its name, or its letter and number from the bottom. */
export function titleOf(project: Project, track: Track): string {
  if (track.name !== "") return track.name;
  const letter = { video: "V", audio: "A", subtitle: "T" }[track.kind];
  return `${letter}${project.tracks.filter((each) => each.kind === track.kind).findIndex((each) => each.id === track.id) + 1}`;
}
