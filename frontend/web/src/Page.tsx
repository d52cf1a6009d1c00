import { useEffect, type JSX } from "react";
import { useStore } from "zustand";
import { EditorContext, useEditor, type App, type Editor } from "./app";
import { useKeys } from "./keys";
import { Inspector } from "./inspector/Inspector";
import { Bin } from "./media/Bin";
import { importFiles } from "./media/import";
import { closeWindow, isDirty, told } from "./shell/projects";
import { Problems } from "./shell/Problems";
import { Shortcuts } from "./shell/Shortcuts";
import { TopBar } from "./shell/TopBar";
import "./shell/shell.css";
import { useText } from "./text/use";
import { Timeline } from "./timeline/view/Timeline";
import { NoticesAndQuestions } from "./ui/Notices";
import { Viewer } from "./viewer/Viewer";

/** The whole page once there is a way to the sidecar. */
export function StudioPage({ app }: { app: App }): JSX.Element {
  const t = useText();
  const { editor } = useStore(app.current);
  const { state, reason } = useStore(app.session.store);
  return (
    <>
      {editor ? (
        <EditorContext.Provider value={editor}>
          <EditorPage key={editor.live.store.getInitialState().projectId} />
        </EditorContext.Provider>
      ) : (
        state !== "failed" && <p className="start">{t("app.connecting")}</p>
      )}
      {state === "failed" && !editor && <Failure title={t("app.failed")} reason={reason} />}
      {editor && (state === "lost" || state === "failed") && (
        <div className="banner" role="alert">
          {state === "lost" ? t("app.lost") : `${t("app.failed")}: ${reason ?? ""}`}
        </div>
      )}
      <NoticesAndQuestions speaker={app.speaker} />
    </>
  );
}

export function Failure({ title, reason }: { title: string; reason: string | null }): JSX.Element {
  return (
    <div className="start" role="alert">
      <strong>{title}</strong>
      {reason !== null && <span>{reason}</span>}
    </div>
  );
}

function EditorPage(): JSX.Element {
  const editor = useEditor();
  const { open } = useStore(editor.dialog);
  const close = (): void => editor.dialog.setState({ open: null });
  useKeys(editor);
  useHost(editor);
  return (
    <main className="editor">
      <TopBar />
      <Bin />
      <Viewer />
      <Inspector />
      <Timeline />
      {open === "shortcuts" && <Shortcuts onClose={close} />}
      {open === "problems" && <Problems onClose={close} />}
    </main>
  );
}

/** Files that are dropped on the window are imported; a window that is closed asks about edits first. */
function useHost(editor: Editor): void {
  const t = useText();
  useEffect(() => {
    const { host, speaker } = editor.app;
    const stops = [
      host.on("drop", ({ paths }) => void told(editor.app, async () => void (await importFiles(editor, paths)))),
      host.on("close.asked", () => void told(editor.app, () => closeWindow(editor.app))),
    ];
    const over = (event: DragEvent): void => {
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
    };
    const drop = (event: DragEvent): void => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      if (host.kind === "browser") speaker.tell("info", t("media.noDrop"));
    };
    const unload = (event: BeforeUnloadEvent): void => {
      if (host.kind === "browser" && isDirty(editor)) event.preventDefault();
    };
    window.addEventListener("dragover", over);
    window.addEventListener("drop", drop);
    window.addEventListener("beforeunload", unload);
    return () => {
      for (const stop of stops) stop();
      window.removeEventListener("dragover", over);
      window.removeEventListener("drop", drop);
      window.removeEventListener("beforeunload", unload);
    };
  }, [editor, t]);
}
