/** What is known of the files behind clips. */

import type { Editor } from "../app";
import type { Clip, MediaInfo } from "../generated/client";
import { kindOf, type FileFacts } from "../media/shelf";
import { parse } from "../project/time";
import type { SourceSeconds } from "./model/room";

/** What is known of a clip's file; null for what is no file, and as long as nothing is known. */
export function factsOf({ shelf }: Editor, clip: Clip): FileFacts | null {
  const { source } = clip;
  if (source.kind !== "file") return null;
  return source.media === null ? (shelf.store.getState().files.get(source.path ?? "") ?? null) : shelf.of(source.media);
}

/** How long the files of clips are, as far as they have been read. */
export function sourceSeconds(editor: Editor): SourceSeconds {
  return (clip) => {
    const info = factsOf(editor, clip)?.info ?? null;
    return info === null ? null : lengthOf(info);
  };
}

function lengthOf(info: MediaInfo): ReturnType<SourceSeconds> {
  return kindOf(info).seconds === null || info.duration === null ? "still" : parse(info.duration);
}
