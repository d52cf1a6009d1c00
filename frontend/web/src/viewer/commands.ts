import type { Editor } from "../app";
import type { Commands } from "../commands";
import { parse } from "../project/time";
import { eachClip } from "../timeline/model/document";
import { clipSpan, projectFrames } from "../timeline/model/time";

export const viewerCommands = {
  "viewer.playPause": { label: "viewer.playPause", run: ({ playback }) => playback.toggle() },
  "viewer.forward": { label: "viewer.forward", run: ({ playback }) => playback.shuttle(1) },
  "viewer.backward": { label: "viewer.backward", run: ({ playback }) => playback.shuttle(-1) },
  "viewer.stop": { label: "viewer.stop", run: ({ playback }) => playback.play(0) },
  "viewer.previous": { label: "viewer.previous", run: ({ playback }) => playback.step(-1) },
  "viewer.next": { label: "viewer.next", run: ({ playback }) => playback.step(1) },
  "viewer.previousTen": { label: "viewer.previousTen", run: ({ playback }) => playback.step(-10) },
  "viewer.nextTen": { label: "viewer.nextTen", run: ({ playback }) => playback.step(10) },
  "viewer.start": { label: "viewer.start", run: ({ playback }) => playback.seek(0) },
  "viewer.end": { label: "viewer.end", run: ({ live, playback }) => playback.seek(projectFrames(live.store.getState().document)) },
  "viewer.previousEdit": { label: "viewer.previousEdit", run: (editor) => toEdit(editor, -1) },
  "viewer.nextEdit": { label: "viewer.nextEdit", run: (editor) => toEdit(editor, 1) },
  "viewer.markIn": { label: "viewer.markIn", run: ({ playback }) => playback.mark("in") },
  "viewer.markOut": { label: "viewer.markOut", run: ({ playback }) => playback.mark("out") },
  "viewer.clearMarks": { label: "viewer.clearMarks", run: ({ playback }) => playback.clearMarks() },
  "viewer.loop": { label: "viewer.loop", run: ({ playback }) => playback.toggleLoop() },
  "viewer.full": { label: "viewer.full", run: () => toggleFull() },
} satisfies Commands;

/** Go to the nearest begin or end of a clip, before or after the playhead. */
function toEdit({ live, playback }: Editor, direction: 1 | -1): void {
  const { document } = live.store.getState();
  const rate = parse(document.frameRate);
  const edges: number[] = [];
  eachClip(document, (clip) => {
    const { first, end } = clipSpan(clip, rate);
    edges.push(first, end);
  });
  const there = edges.filter((edge) => (edge - playback.frame) * direction > 0);
  if (there.length > 0) playback.seek(direction > 0 ? Math.min(...there) : Math.max(...there));
}

async function toggleFull(): Promise<void> {
  if (document.fullscreenElement) await document.exitFullscreen();
  else await document.querySelector("[data-zone=viewer]")?.requestFullscreen();
}
