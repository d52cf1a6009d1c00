/** What is selected, and where the next thing goes. */

import type { Editor } from "../app";
import { NOTHING_SELECTED } from "../app";
import { findClip, findClips, isMediaTrack, withCompanions } from "./model/document";
import type { At } from "./model/insert";

/** The selected clips that are still there. */
export function selectedClips({ live, selection }: Editor): Set<string> {
  const { document } = live.store.getState();
  const { clips } = selection.getState();
  const found = new Set<string>();
  for (const track of document.tracks) {
    if (isMediaTrack(track)) for (const { id } of track.clips) if (id !== null && clips.has(id)) found.add(id);
  }
  return found;
}

/** The selected clips that may be edited. */
export function editableClips(editor: Editor): Set<string> {
  return new Set(findClips(editor.live.store.getState().document, editor.selection.getState().clips).map(({ clip }) => clip.id ?? ""));
}

/** Select clips. `toggle` adds what is not selected and takes away what is; `alone` leaves companions out. */
export function selectClips(editor: Editor, ids: Iterable<string>, { toggle = false, alone = false } = {}): void {
  const { document } = editor.live.store.getState();
  const wanted = alone ? new Set(ids) : withCompanions(document, ids);
  const old = toggle ? selectedClips(editor) : new Set<string>();
  const taken = toggle && [...wanted].every((id) => old.has(id));
  const clips = taken ? new Set([...old].filter((id) => !wanted.has(id))) : new Set([...old, ...wanted]);
  editor.selection.setState({ ...NOTHING_SELECTED, clips });
}

export function selectTransition(editor: Editor, id: string): void {
  editor.selection.setState({ ...NOTHING_SELECTED, transition: id });
}

/** The playhead, on the track of the clip that the keyboard is on. */
export function placeOfPaste(editor: Editor): At {
  const { focus } = editor.timeline.getState();
  const place = focus === null ? null : findClip(editor.live.store.getState().document, focus);
  return { track: place?.track.id ?? null, frame: editor.playback.frame, landing: editor.timeline.getState().ripple ? "insert" : "overwrite" };
}
