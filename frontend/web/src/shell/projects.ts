/** Which project is open: new, open, save, and what to do about edits that are not saved. */
import { createEditor, type App, type Editor } from "../app";
import { isRpcError } from "../generated/client";
import { emptyProject } from "../project/create";
import type { Trouble } from "../project/live";
import { attach, load, openNew, type Reopened } from "../project/opening";
import { language, text, type Key } from "../text";
import { errorText, suggestionOf } from "../text/errors";
import { nameOf } from "../text/format";

/** A reload of the page finds its project by this. */
const KEPT = "studio.open";
const SUFFIX = ".json";

/** Open what was open before a reload, or the file that the program was started with, or something new. */
export async function openFirst(app: App): Promise<void> {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null") as { projectId: string; path: string | null } | null;
  if (kept) {
    try {
      show(app, await attach(app.session, kept.projectId, kept.path));
      return;
    } catch (error) {
      if (!isRpcError(error, "projectNotOpen")) throw error;
    }
  }
  const path = kept?.path ?? (await app.host.argument());
  if (path === null || !(await openPath(app, path))) await newProject(app);
}

export async function newProject(app: App): Promise<void> {
  if (!(await leave(app))) return;
  await told(app, async () => show(app, await openNew(app.session, emptyProject(text("project.untitled")))));
}

/** Open a project that is chosen in a dialog. */
export async function openProject(app: App): Promise<void> {
  const [path] = await app.host.openFiles({ kinds: ["project"], multiple: false });
  if (path !== undefined) await openPath(app, path);
}

/** Open a project file; false where that was not possible, or was not wanted after all. */
export async function openPath(app: App, path: string): Promise<boolean> {
  if (!(await leave(app))) return false;
  let shown = false;
  await told(app, async () => {
    let opened = await load(app.session, path, "ask");
    if (opened.recovery) {
      const wish = await app.speaker.ask(
        text("project.recoveryTitle"),
        text("project.recoveryBody", { time: new Date(opened.recovery.savedAt).toLocaleString(language.getState().language) }),
        [
          { answer: "ignore", label: text("project.ignore") },
          { answer: "use", label: text("project.restore"), tone: "primary" },
        ],
      );
      if (wish === null) {
        await app.session.invoke("project.close", { projectId: opened.projectId });
        return;
      }
      await app.session.invoke("project.close", { projectId: opened.projectId });
      opened = await load(app.session, path, wish);
    }
    show(app, opened);
    shown = true;
    await app.host.addRecent(path);
  });
  return shown;
}

/** Save to the project's file, or to one that is chosen. False where it was not saved. */
export async function save(editor: Editor, elsewhere = false): Promise<boolean> {
  const { app, live } = editor;
  const { path, document } = live.store.getState();
  let target: string | undefined;
  if (elsewhere || path === null) {
    const suggested = nameOf(path ?? `${document.name || text("project.untitled")}${SUFFIX}`);
    const chosen = await app.host.saveFile({ suggested, kinds: ["project"] });
    if (chosen === null) return false;
    // The shell has seen to how the name ends, and to what has it already.
    target = app.host.kind === "shell" || chosen.toLowerCase().endsWith(SUFFIX) ? chosen : chosen + SUFFIX;
  }
  return told(app, async () => {
    await live.save(target);
    await app.host.addRecent(live.store.getState().path ?? "");
    remember(editor);
  });
}

/** Whether the project may go: it is saved, or its owner says so. */
export async function leave(app: App): Promise<boolean> {
  const { editor } = app.current.getState();
  if (!editor) return true;
  if (isDirty(editor)) {
    const name = editor.live.store.getState().document.name || text("project.untitled");
    const wish = await app.speaker.ask(text("project.unsavedTitle"), text("project.unsavedBody", { name }), [
      { answer: "discard", label: text("project.discard"), tone: "danger" },
      { answer: "cancel", label: text("app.cancel") },
      { answer: "save", label: text("project.save"), tone: "primary" },
    ]);
    if (wish === null || wish === "cancel" || (wish === "save" && !(await save(editor)))) return false;
  }
  return true;
}

/** Close the window, if the project may go. What was not to be saved is given up for good, and not offered again. */
export async function closeWindow(app: App): Promise<void> {
  if (!(await leave(app))) return;
  // A sidecar that is gone keeps no window open.
  await told(app, async () => app.current.getState().editor?.close());
  await app.host.closeWindow();
}

/** Whether closing it would lose something; a new project that was never edited loses nothing. */
export function isDirty({ live }: Editor): boolean {
  const { revision, savedRevision, waiting, path, history } = live.store.getState();
  // A sidecar that was started anew counts from 1 again.
  return waiting > 0 || (savedRevision === null && path === null ? revision > 1 || history.undo.length > 0 : revision !== savedRevision);
}

function show(app: App, opened: Reopened): void {
  const before = app.current.getState().editor;
  const editor = createEditor(app, opened, (trouble) => report(app, trouble));
  app.current.setState({ editor });
  remember(editor);
  let titled = "";
  const retitle = (): void => {
    const { document } = editor.live.store.getState();
    const title = `${document.name || text("project.untitled")} – ${text("app.name")}`;
    const dirty = isDirty(editor);
    if (app.current.getState().editor !== editor || titled === `${title} ${dirty}`) return;
    titled = `${title} ${dirty}`;
    void told(app, () => app.host.setTitle(title, dirty));
  };
  editor.live.store.subscribe(retitle);
  retitle();
  before?.close().catch((error: unknown) => tell(app, error));
}

function remember({ live }: Editor): void {
  const { projectId, path } = live.store.getState();
  sessionStorage.setItem(KEPT, JSON.stringify({ projectId, path }));
}

function report(app: App, trouble: Trouble<Key>): void {
  if (trouble.kind === "recovered") return app.speaker.tell("info", text("app.recovered"));
  const what = text(trouble.label);
  if (trouble.kind === "gone") return app.speaker.tell("error", text("edit.gone", { what }));
  app.speaker.tell("error", text("edit.refused", { what }), errorText(trouble.error));
}

/** Tell of an error. */
export function tell(app: App, error: unknown): void {
  if (!isRpcError(error, "cancelled")) app.speaker.tell("error", errorText(error), suggestionOf(error));
}

/** Do something, and tell of the error that it ends with; false then. */
export async function told(app: App, act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    tell(app, error);
    return false;
  }
}
