/** What can be done on the timeline, for menus, buttons and keys. */

import type { Editor } from "../app";
import type { Commands } from "../commands";
import type { Clip, Project } from "../generated/client";
import { text, type Key } from "../text";
import { moveFocus } from "./focus";
import { copyClips, pasteClips } from "./model/clipboard";
import { eachClip, findClip, isMediaTrack } from "./model/document";
import { insertTitle } from "./model/insert";
import { moveClips } from "./model/move";
import { closeGap, gapAt, removeClips, rippleRemove } from "./model/remove";
import { clipsUnder, splitClips } from "./model/split";
import { clipSpan, projectRate, type Span } from "./model/time";
import { addTrack } from "./model/tracks";
import { addTransition, removeTransitions, transitionRoom } from "./model/transitions";
import { trimClips, trimmedWith, type Edge } from "./model/trim";
import { editableClips, placeOfPaste, selectClips, selectedClips } from "./selecting";
import { sourceSeconds } from "./sources";
import { zoomBy, zoomToFit } from "./zoom";

/** Seconds of a transition that a key makes. */
const USUAL = 1;

export const timelineCommands = {
  "timeline.split": { label: "timeline.split", run: split, enabled: (editor) => cuttable(editor).length > 0 },
  "timeline.delete": { label: "timeline.delete", run: (editor) => remove(editor, editor.timeline.getState().ripple), enabled: hasSelection },
  "timeline.rippleDelete": { label: "timeline.rippleDelete", run: (editor) => remove(editor, true), enabled: hasSelection },
  "timeline.copy": { label: "timeline.copy", run: copy, enabled: hasClips },
  "timeline.cut": { label: "timeline.cut", run: cut, enabled: hasClips },
  "timeline.paste": { label: "timeline.paste", run: paste, enabled: ({ timeline }) => timeline.getState().clipboard !== null },
  "timeline.duplicate": { label: "timeline.duplicate", run: duplicate, enabled: hasClips },
  "timeline.selectAll": { label: "timeline.selectAll", run: selectAll },
  "timeline.selectNone": { label: "timeline.selectNone", run: (editor) => selectClips(editor, []) },
  "timeline.selectFocused": { label: "timeline.selectFocused", run: selectFocused, enabled: ({ timeline }) => timeline.getState().focus !== null },
  "timeline.earlier": { label: "timeline.earlier", run: (editor) => nudge(editor, -1), enabled: hasClips },
  "timeline.later": { label: "timeline.later", run: (editor) => nudge(editor, 1), enabled: hasClips },
  "timeline.earlierTen": { label: "timeline.earlierTen", run: (editor) => nudge(editor, -10), enabled: hasClips },
  "timeline.laterTen": { label: "timeline.laterTen", run: (editor) => nudge(editor, 10), enabled: hasClips },
  "timeline.trimHead": { label: "timeline.trimHead", run: (editor) => trimToPlayhead(editor, "head"), enabled: (editor) => cuttable(editor).length > 0 },
  "timeline.trimTail": { label: "timeline.trimTail", run: (editor) => trimToPlayhead(editor, "tail"), enabled: (editor) => cuttable(editor).length > 0 },
  "timeline.transition": { label: "timeline.addTransition", run: transition },
  "timeline.title": { label: "timeline.addTitle", run: title },
  "timeline.closeGap": { label: "timeline.closeGap", run: closeGaps },
  "timeline.addVideo": { label: "timeline.addVideo", run: (editor) => edit(editor, "timeline.addVideo", (draft) => void addTrack(draft, "video")) },
  "timeline.addAudio": { label: "timeline.addAudio", run: (editor) => edit(editor, "timeline.addAudio", (draft) => void addTrack(draft, "audio")) },
  "timeline.snapping": { label: "timeline.snapping", run: ({ timeline }) => timeline.setState(({ snapping }) => ({ snapping: !snapping })) },
  "timeline.ripple": { label: "timeline.ripple", run: ({ timeline }) => timeline.setState(({ ripple }) => ({ ripple: !ripple })) },
  "timeline.zoomIn": { label: "timeline.zoomIn", run: (editor) => zoomBy(editor, 1.5) },
  "timeline.zoomOut": { label: "timeline.zoomOut", run: (editor) => zoomBy(editor, 1 / 1.5) },
  "timeline.zoomFit": { label: "timeline.zoomFit", run: zoomToFit },
  "timeline.previousClip": { label: "timeline.previousClip", run: (editor) => moveFocus(editor, "previous") },
  "timeline.nextClip": { label: "timeline.nextClip", run: (editor) => moveFocus(editor, "next") },
  "timeline.clipAbove": { label: "timeline.clipAbove", run: (editor) => moveFocus(editor, "above") },
  "timeline.clipBelow": { label: "timeline.clipBelow", run: (editor) => moveFocus(editor, "below") },
} satisfies Commands;

function hasClips(editor: Editor): boolean {
  return selectedClips(editor).size > 0;
}

function hasSelection(editor: Editor): boolean {
  return hasClips(editor) || editor.selection.getState().transition !== null;
}

function documentOf(editor: Editor): Project {
  return editor.live.store.getState().document;
}

function edit(editor: Editor, label: Key, recipe: (draft: Project) => void): void {
  editor.live.edit(label, recipe);
}

/** What the playhead cuts through: of what is selected, or of everything where nothing of it is under the playhead. */
function cuttable(editor: Editor): string[] {
  const { frame } = editor.playback;
  const selected = clipsUnder(documentOf(editor), frame, selectedClips(editor));
  const places = selected.length > 0 ? selected : clipsUnder(documentOf(editor), frame, null);
  return places.map(({ clip }) => clip.id ?? "");
}

function split(editor: Editor): void {
  const ids = new Set(cuttable(editor));
  edit(editor, "timeline.split", (draft) => void splitClips(draft, editor.playback.frame, ids));
}

function remove(editor: Editor, ripple: boolean): void {
  const { transition: selected } = editor.selection.getState();
  const ids = editableClips(editor);
  if (selected !== null) edit(editor, "timeline.removeTransition", (draft) => removeTransitions(draft, new Set([selected])));
  else if (ids.size > 0) edit(editor, "timeline.delete", (draft) => (ripple ? rippleRemove : removeClips)(draft, ids));
  selectClips(editor, []);
  keepFocus();
}

/** What had the focus is gone: keys go on to be those of the timeline. */
function keepFocus(): void {
  requestAnimationFrame(() => {
    if (document.activeElement === document.body) document.querySelector<HTMLElement>(".tl-scroll")?.focus({ preventScroll: true });
  });
}

function copy(editor: Editor): void {
  editor.timeline.setState({ clipboard: copyClips(documentOf(editor), selectedClips(editor)) });
}

function cut(editor: Editor): void {
  copy(editor);
  remove(editor, editor.timeline.getState().ripple);
}

function paste(editor: Editor): void {
  const { clipboard } = editor.timeline.getState();
  if (clipboard === null) return;
  let ids: string[] = [];
  edit(editor, "timeline.paste", (draft) => {
    ids = pasteClips(draft, clipboard, placeOfPaste(editor));
  });
  selectClips(editor, ids);
  const project = documentOf(editor);
  const pasted = new Set(ids);
  let end = 0;
  eachClip(project, (clip) => {
    if (pasted.has(clip.id ?? "")) end = Math.max(end, spanOf(project, clip).end);
  });
  if (ids.length > 0) editor.playback.seek(end);
}

/** Put a copy of what is selected behind it. */
function duplicate(editor: Editor): void {
  const clipboard = copyClips(documentOf(editor), selectedClips(editor));
  if (clipboard === null) return;
  const end = Math.max(...clipboard.items.map((item) => item.end)) + clipboard.start;
  let ids: string[] = [];
  edit(editor, "timeline.duplicate", (draft) => {
    ids = pasteClips(draft, clipboard, { track: null, frame: end, landing: editor.timeline.getState().ripple ? "insert" : "overwrite" });
  });
  selectClips(editor, ids);
}

function selectAll(editor: Editor): void {
  selectClips(editor, documentOf(editor).tracks.flatMap((track) => (isMediaTrack(track) ? track.clips.map((clip) => clip.id ?? "") : [])));
}

function selectFocused(editor: Editor): void {
  const { focus } = editor.timeline.getState();
  if (focus !== null) selectClips(editor, [focus], { toggle: true });
}

function nudge(editor: Editor, frames: number): void {
  const ids = editableClips(editor);
  editor.live.edit("timeline.move", (draft) => moveClips(draft, { ids, frames, tracks: 0, kind: "video" }));
}

function trimToPlayhead(editor: Editor, edge: Edge): void {
  const { frame } = editor.playback;
  const mode = editor.timeline.getState().ripple ? "ripple" : "plain";
  const done = new Set<string>();
  edit(editor, "timeline.trim", (draft) => {
    for (const id of cuttable(editor)) {
      if (done.has(id)) continue;
      const ids = trimmedWith(draft, id, edge);
      for (const each of ids) done.add(each);
      const [under] = clipsUnder(draft, frame, new Set([id]));
      if (under !== undefined) trimClips(draft, { ids, edge, mode, frames: distance(draft, id, edge, frame) }, sourceSeconds(editor));
    }
  });
  if (edge === "head" && mode === "ripple") editor.playback.seek(frame);
}

function distance(project: Project, id: string, edge: Edge, frame: number): number {
  const found = findClip(project, id);
  if (found === null) return 0;
  const { first, end } = spanOf(project, found.clip);
  return frame - (edge === "head" ? first : end);
}

/** Put a transition at the cut that is nearest to the playhead, on the track of what is selected. */
function transition(editor: Editor): void {
  const project = documentOf(editor);
  const rate = projectRate(project);
  const selected = selectedClips(editor);
  const cuts = project.tracks.flatMap((track) => {
    if (!isMediaTrack(track) || track.locked) return [];
    const clips = track.clips.filter((clip) => selected.size === 0 || selected.has(clip.id ?? ""));
    const frames = new Set(clips.flatMap((clip) => Object.values(spanOf(project, clip))));
    return [...frames].filter((frame) => transitionRoom(track, frame, "center", rate) !== null).map((frame) => ({ track: track.id ?? "", frame }));
  });
  const away = (each: { frame: number }): number => Math.abs(each.frame - editor.playback.frame);
  const nearest = cuts.toSorted((a, b) => away(a) - away(b))[0];
  if (nearest === undefined) return editor.app.speaker.tell("info", text("timeline.noCut"));
  edit(editor, "timeline.addTransition", (draft) => void addTransition(draft, { ...nearest, type: "fade", frames: usualFrames(draft) }));
}

function spanOf(project: Project, clip: Clip): Span {
  return clipSpan(clip, projectRate(project));
}

/** Frames of a transition as it is first made. */
export function usualFrames(project: Project): number {
  const { num, den } = projectRate(project);
  return Math.round((USUAL * Number(num)) / Number(den));
}

function title(editor: Editor): void {
  let id: string | null = null;
  edit(editor, "timeline.addTitle", (draft) => {
    id = insertTitle(draft, text("timeline.titleText"), { ...placeOfPaste(editor), track: emptyTrack(editor, draft) });
  });
  if (id !== null) selectClips(editor, [id]);
}

/** The lowest video track above all that lies under the playhead; null where a new one is needed. */
function emptyTrack(editor: Editor, draft: Project): string | null {
  const { frame } = editor.playback;
  const end = frame + 5 * usualFrames(draft);
  const lanes = draft.tracks.filter((track) => track.kind === "video");
  const taken = lanes.map((track) => track.clips.some((clip) => spanOf(draft, clip).first < end && spanOf(draft, clip).end > frame));
  const free = lanes[taken.lastIndexOf(true) + 1];
  return free !== undefined && !free.locked ? free.id : addTrack(draft, "video");
}

/** Close the gaps under the playhead. */
function closeGaps(editor: Editor): void {
  const { frame } = editor.playback;
  edit(editor, "timeline.closeGap", (draft) => {
    const rate = projectRate(draft);
    for (const track of draft.tracks) if (isMediaTrack(track) && track.id !== null && gapAt(track, frame, rate)) closeGap(draft, track.id, frame);
  });
}
