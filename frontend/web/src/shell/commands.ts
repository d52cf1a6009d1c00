import type { Commands } from "../commands";
import { newProject, openProject, save } from "./projects";

export const shellCommands = {
  "project.new": { label: "project.new", run: ({ app }) => newProject(app) },
  "project.open": { label: "project.open", run: ({ app }) => openProject(app) },
  "project.save": { label: "project.save", run: async (editor) => void (await save(editor)) },
  "project.saveAs": { label: "project.saveAs", run: async (editor) => void (await save(editor, true)) },
  "edit.undo": {
    label: "edit.undo",
    enabled: ({ live }) => live.store.getState().history.undo.length > 0,
    run: ({ live }) => void live.undo(),
  },
  "edit.redo": {
    label: "edit.redo",
    enabled: ({ live }) => live.store.getState().history.redo.length > 0,
    run: ({ live }) => void live.redo(),
  },
  "app.shortcuts": { label: "app.shortcuts", run: ({ dialog }) => dialog.setState({ open: "shortcuts" }) },
} satisfies Commands;
