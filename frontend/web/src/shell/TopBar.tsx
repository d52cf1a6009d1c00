import { useState, type JSX } from "react";
import { useStore } from "zustand";
import { useDocument, useEditor, useLive } from "../app";
import { isEnabled, run, type CommandId } from "../commands";
import { keysOf } from "../keys";
import { nameOf } from "../text/format";
import { useText } from "../text/use";
import { Button, IconButton } from "../ui/Button";
import { useCommit } from "../ui/commit";
import { Icon } from "../ui/icons";
import { MenuButton, type MenuGroup } from "../ui/Menu";
import { isDirty, openPath, told } from "./projects";

/** Above everything: the project, undo and redo, problems, and how the page looks. */
export function TopBar(): JSX.Element {
  const t = useText();
  return (
    <header className="topbar">
      <h1 className="hidden-text">{t("app.name")}</h1>
      <div className="topbar-side">
        <ProjectMenu />
        <Undo />
      </div>
      <ProjectName />
      <div className="topbar-side end">
        <ProblemsButton />
        <Looks />
      </div>
    </header>
  );
}

function ProjectMenu(): JSX.Element {
  const t = useText();
  const editor = useEditor();
  const [recents, setRecents] = useState<string[]>([]);
  const path = useLive((state) => state.path);
  const { host } = editor.app;
  const look = (): void => void told(editor.app, async () => setRecents(await host.recents()));
  const item = (command: CommandId & `project.${string}`): MenuGroup["items"][number] => ({
    label: t(command),
    keys: keysOf(command),
    run: () => run(editor, command),
  });
  const groups: MenuGroup[] = [
    { items: [item("project.new"), item("project.open")] },
    {
      head: t("project.recent"),
      items: recents.filter((recent) => recent !== path).map((recent) => ({ label: nameOf(recent), run: () => void told(editor.app, async () => void (await openPath(editor.app, recent))) })),
    },
    { items: [item("project.save"), item("project.saveAs")] },
  ];
  return (
    <MenuButton label={t("app.menu")} groups={groups} onOpen={look}>
      {t("app.menu")}
      <Icon name="down" size={12} />
    </MenuButton>
  );
}

function Undo(): JSX.Element {
  const t = useText();
  const editor = useEditor();
  const { undo, redo } = useLive((state) => state.history);
  const [last, next] = [undo.at(-1), redo.at(-1)];
  return (
    <>
      <IconButton
        icon="undo"
        label={last ? t("edit.undoWhat", { what: t(last.label) }) : t("edit.undo")}
        keys={keysOf("edit.undo")}
        disabled={!isEnabled(editor, "edit.undo")}
        onClick={() => run(editor, "edit.undo")}
      />
      <IconButton
        icon="redo"
        label={next ? t("edit.redoWhat", { what: t(next.label) }) : t("edit.redo")}
        keys={keysOf("edit.redo")}
        disabled={!isEnabled(editor, "edit.redo")}
        onClick={() => run(editor, "edit.redo")}
      />
    </>
  );
}

function ProjectName(): JSX.Element {
  const t = useText();
  const editor = useEditor();
  const name = useDocument((document) => document.name);
  useLive((state) => state);
  const field = useCommit(name, (typed) => {
    editor.live.edit("project.rename", (draft) => {
      draft.name = typed.trim();
    });
  });
  const dirty = isDirty(editor);
  return (
    <div className="project-name">
      <input
        className="field"
        aria-label={t("project.name")}
        placeholder={t("project.untitled")}
        maxLength={200}
        size={Math.max(10, field.value.length)}
        {...field}
      />
      <span className={dirty ? "saved-mark dirty" : "saved-mark"} role="status">
        {t(dirty ? "project.unsaved" : "project.saved")}
      </span>
    </div>
  );
}

function ProblemsButton(): JSX.Element | null {
  const t = useText();
  const { dialog } = useEditor();
  const problems = useLive((state) => state.problems);
  if (problems.length === 0) return null;
  const wrong = problems.some(({ severity }) => severity === "error");
  return (
    <Button look="plain" className={wrong ? "problems wrong" : "problems"} onClick={() => dialog.setState({ open: "problems" })}>
      <Icon name="warning" />
      {t("problems.count", { count: problems.length })}
    </Button>
  );
}

function Looks(): JSX.Element {
  const t = useText();
  const editor = useEditor();
  const { preferences } = editor.app;
  const { theme, language } = useStore(preferences);
  const groups: MenuGroup[] = [
    {
      head: t("app.theme"),
      items: (["dark", "light"] as const).map((each) => ({ label: t(`app.${each}`), checked: each === theme, run: () => preferences.setState({ theme: each }) })),
    },
    {
      head: t("app.language"),
      items: ([["en", "English"], ["ru", "Русский"]] as const).map(([each, label]) => ({
        label,
        checked: each === language,
        run: () => preferences.setState({ language: each }),
      })),
    },
  ];
  return (
    <>
      <IconButton icon="keyboard" label={t("app.shortcuts")} keys={keysOf("app.shortcuts")} onClick={() => run(editor, "app.shortcuts")} />
      <MenuButton label={t("app.settings")} className="icon" groups={groups}>
        <Icon name={theme === "dark" ? "moon" : "sun"} />
      </MenuButton>
    </>
  );
}
