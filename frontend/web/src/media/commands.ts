import type { Editor } from "../app";
import type { Commands } from "../commands";
import { nameOf } from "../text/format";
import { text } from "../text";
import { parse } from "../project/time";
import { insertMedia, type NewMedia } from "../timeline/model/insert";
import { settle } from "../timeline/model/settle";
import { lastFrame } from "../timeline/model/time";
import { told } from "../shell/projects";
import { importByDialog } from "./import";
import { clipsOf, kindOf } from "./shelf";

export const mediaCommands = {
  "media.import": { label: "media.import", run: importByDialog },
  "media.append": { label: "media.append", enabled: (editor) => selected(editor).length > 0, run: append },
  "media.remove": { label: "media.remove", enabled: (editor) => selected(editor).length > 0, run: remove },
  "media.proxy": { label: "media.proxy", enabled: (editor) => large(editor).length > 0, run: makeProxies },
  "media.relink": { label: "media.relink", enabled: (editor) => missing(editor).length > 0, run: relink },
} satisfies Commands;

/** What placing an entry of the bin asks of it; null until it has been read. */
export function asNewMedia({ shelf }: Editor, media: string): NewMedia | null {
  const facts = shelf.of(media);
  if (!facts?.info) return null;
  const { picture, sound, seconds } = kindOf(facts.info);
  return { media, picture, sound, seconds: seconds === null ? null : parse(facts.info.duration ?? 0) };
}

/** Entries of the bin that are selected, in its order. */
function selected({ live, selection }: Editor): string[] {
  const { media } = selection.getState();
  return live.store.getState().document.media.flatMap(({ id }) => (media.has(id) ? [id] : []));
}

/** Entries whose files are not where they were. */
export function missing({ live, shelf }: Editor): string[] {
  return live.store.getState().document.media.flatMap(({ id }) => (shelf.of(id)?.state === "missing" ? [id] : []));
}

/** Put what is selected behind the last clip. */
function append(editor: Editor): void {
  const items = selected(editor).flatMap((id) => asNewMedia(editor, id) ?? []);
  if (items.length === 0) return;
  const { live, selection } = editor;
  const clips = live.edit("media.appendEdit", (draft) => insertMedia(draft, items, { track: null, frame: lastFrame(draft), landing: "overwrite" }));
  selection.setState({ clips: new Set(clips) });
}

/** Take what is selected out of the bin; clips that use it go too, if that is wanted. */
async function remove(editor: Editor): Promise<void> {
  const { live, app, selection } = editor;
  const ids = new Set(selected(editor));
  const used = [...ids].flatMap((id) => clipsOf(live.store.getState().document, id));
  if (used.length > 0) {
    const wish = await app.speaker.ask(text("media.removeTitle"), text("media.removeBody", { count: used.length }), [
      { answer: "cancel", label: text("app.cancel") },
      { answer: "remove", label: text("media.removeDo"), tone: "danger" },
    ]);
    if (wish !== "remove") return;
  }
  live.edit("media.removeEdit", (draft) => {
    const gone = new Set(used);
    for (const track of draft.tracks) {
      if (track.kind !== "subtitle") track.clips = track.clips.filter((clip) => !gone.has(clip.id ?? ""));
    }
    settle(draft);
    draft.media = draft.media.filter(({ id }) => !ids.has(id));
  });
  selection.setState({ media: new Set() });
}

/** Films that are selected and have no proxy in the making. */
function large(editor: Editor): string[] {
  const { work } = editor.proxies.store.getState();
  return selected(editor).flatMap((id) => {
    const facts = editor.shelf.of(id);
    return facts?.info && facts.state !== "missing" && kindOf(facts.info).picture && !work.has(facts.path) ? [facts.path] : [];
  });
}

/** Make proxies of what is selected; what plays then plays them. */
async function makeProxies(editor: Editor): Promise<void> {
  const { proxies, app } = editor;
  const make = async (path: string): Promise<void> => {
    const { state } = await proxies.make(path);
    app.speaker.tell("info", text(state === "ready" ? "media.proxyReady" : "media.proxyNotNeeded", { name: nameOf(path) }));
  };
  await Promise.all(large(editor).map((path) => told(app, () => make(path))));
}

/** Look for missing files below a folder that is chosen. */
async function relink(editor: Editor): Promise<void> {
  const { app, live, shelf, session } = editor;
  const folder = await app.host.openFolder();
  if (folder === null) return;
  const ids = missing(editor);
  const result = await live.editBy("media.relinkEdit", (projectId, baseRevision) =>
    session.invoke("project.relink", { projectId, baseRevision, folders: [folder], ids }),
  );
  await shelf.look();
  const left = ids.length - result.relinked.length;
  if (result.relinked.length > 0) app.speaker.tell("info", text("media.relinked", { count: result.relinked.length }));
  if (left > 0) app.speaker.tell("error", text("media.notFound", { count: left }));
}

/** Choose another file for one entry. */
export async function locate({ app, live, shelf }: Editor, media: string): Promise<void> {
  const [path] = await app.host.openFiles({ kinds: ["media", "any"], multiple: false });
  if (path === undefined) return;
  live.edit("media.relinkEdit", (draft) => {
    const entry = draft.media.find(({ id }) => id === media);
    if (!entry) return;
    entry.path = path;
    entry.fingerprint = null;
  });
  await live.settled();
  await shelf.look();
}

/** What an entry is called. */
export function titleOf(entry: { name: string; path: string }): string {
  return entry.name || nameOf(entry.path);
}
