/** Files into the bin. Each is read first, so that what is no media is told at once and never gets there. */
import type { Editor } from "../app";
import { isRpcError, type Media, type MediaInfo, type Project } from "../generated/client";
import { text } from "../text";
import { errorText } from "../text/errors";
import { nameOf } from "../text/format";

const AT_ONCE = 4;

/** Ask for files and import them. */
export async function importByDialog(editor: Editor): Promise<void> {
  const paths = await editor.app.host.openFiles({ kinds: ["media", "any"], multiple: true });
  if (paths.length > 0) await importFiles(editor, paths);
}

/** Import files by their absolute paths, as one edit; what cannot be read is told. Returns the ids in the bin. */
export async function importFiles(editor: Editor, paths: readonly string[]): Promise<string[]> {
  const { live, shelf, app } = editor;
  const { paths: absolute } = shelf.store.getState();
  const known = new Set(live.store.getState().document.media.map(({ id, path }) => absolute.get(id) ?? path));
  const fresh = [...new Set(paths)].filter((path) => !known.has(path));
  if (fresh.length < paths.length) app.speaker.tell("info", text("media.alreadyThere", { count: paths.length - fresh.length }));
  const read = await readAll(editor, fresh);
  if (read.length === 0) return [];
  const media = read.map(newMedia);
  live.edit("media.importEdit", (draft) => {
    if (isUntouched(draft)) adoptShape(draft, read);
    draft.media.push(...media);
  });
  await live.settled();
  await shelf.look();
  return media.map(({ id }) => id);
}

async function readAll({ session, app }: Editor, paths: readonly string[]): Promise<MediaInfo[]> {
  const waiting = [...paths];
  const found = new Map<string, MediaInfo>();
  const work = async (): Promise<void> => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      try {
        found.set(path, await session.invoke("media.probe", { path }));
      } catch (error) {
        if (!isRpcError(error)) throw error;
        app.speaker.tell("error", text("media.notImported", { name: nameOf(path) }), errorText(error));
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return paths.flatMap((path) => found.get(path) ?? []);
}

/** An entry of the bin with all its members, as the sidecar would write it. */
function newMedia(info: MediaInfo): Media {
  return {
    id: `media-${crypto.randomUUID()}`,
    path: info.path,
    name: "",
    folder: "",
    tags: [],
    metadata: {},
    fingerprint: info.fingerprint,
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
  };
}

/** Nothing was put into the project yet, so its size and rate are nobody's choice. */
function isUntouched(project: Project): boolean {
  return project.media.length === 0 && project.tracks.every((track) => track.kind === "subtitle" || track.clips.length === 0);
}

/** Take size and rate from the first moving picture; sizes are even, rates between 1 and 120. */
function adoptShape(draft: Project, read: readonly MediaInfo[]): void {
  const video = read.flatMap((info) => info.video).find(({ frames, frameRate, averageRate }) => frames !== 1 && (frameRate ?? averageRate) !== null);
  if (!video) return;
  const rate = video.frameRate ?? video.averageRate ?? draft.frameRate;
  const [top = 25, bottom = 1] = rate.split("/").map(Number);
  if (top / bottom >= 1 && top / bottom <= 120) draft.frameRate = rate;
  draft.width = Math.max(16, video.displayWidth - (video.displayWidth % 2));
  draft.height = Math.max(16, video.displayHeight - (video.displayHeight % 2));
}
