import { useMemo, useState, type JSX, type KeyboardEvent, type MouseEvent } from "react";
import { useStore } from "zustand";
import { useDocument, useEditor } from "../app";
import { isEnabled, run, type CommandId } from "../commands";
import { keysOf } from "../keys";
import { told } from "../shell/projects";
import { useText } from "../text/use";
import { Button } from "../ui/Button";
import { Icon } from "../ui/icons";
import { Menu, type MenuGroup } from "../ui/Menu";
import { locate, missing, titleOf } from "./commands";
import { Tile } from "./Tile";
import "./media.css";

/** The files of the project. */
export function Bin(): JSX.Element {
  const t = useText();
  const editor = useEditor();
  const media = useDocument((document) => document.media);
  const chosen = useStore(editor.selection, ({ media: ids }) => ids);
  useStore(editor.shelf.store);
  const [filter, setFilter] = useState("");
  const [last, setLast] = useState<string | null>(null);
  const [menu, setMenu] = useState<{ x: number; y: number; id: string } | null>(null);
  const shown = useMemo(() => media.filter((entry) => titleOf(entry).toLowerCase().includes(filter.toLowerCase())), [media, filter]);
  const lost = missing(editor).length;

  const select = (id: string, event: { shiftKey: boolean; ctrlKey: boolean; metaKey: boolean }): void => {
    const ids = shown.map((entry) => entry.id);
    const from = event.shiftKey && last !== null ? ids.indexOf(last) : -1;
    const to = ids.indexOf(id);
    let next = new Set([id]);
    if (from >= 0) next = new Set(ids.slice(Math.min(from, to), Math.max(from, to) + 1));
    else if (event.ctrlKey || event.metaKey) next = chosen.has(id) ? new Set([...chosen].filter((each) => each !== id)) : new Set([...chosen, id]);
    editor.selection.setState({ media: next });
    if (from < 0) setLast(id);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const tiles = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=option]")];
    const index = tiles.indexOf(document.activeElement as HTMLElement);
    const columns = getComputedStyle(event.currentTarget).gridTemplateColumns.split(" ").length;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, Home: -tiles.length, End: tiles.length }[event.key];
    if (step !== undefined) {
      const tile = tiles[Math.max(0, Math.min(tiles.length - 1, index + step))];
      tile?.focus();
      if (tile?.dataset["id"] !== undefined) select(tile.dataset["id"], event);
    } else if (event.code === "KeyA" && (event.ctrlKey || event.metaKey)) {
      editor.selection.setState({ media: new Set(shown.map((entry) => entry.id)) });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const openMenu = (id: string, event: MouseEvent): void => {
    event.preventDefault();
    if (!chosen.has(id)) select(id, { shiftKey: false, ctrlKey: false, metaKey: false });
    setMenu({ x: event.clientX, y: event.clientY, id });
  };

  return (
    <section className="panel bin" data-zone="media" aria-label={t("media.title")}>
      <header className="panel-head">
        <h2>{t("media.title")}</h2>
        {lost > 0 && (
          <Button look="plain" className="bin-lost" onClick={() => run(editor, "media.relink")}>
            {t("media.relink")}
          </Button>
        )}
        <Button look="plain" className="bin-import" title={keysOf("media.import") ?? ""} onClick={() => run(editor, "media.import")}>
          <Icon name="plus" />
          {t("media.import")}
        </Button>
      </header>
      {media.length > 0 && (
        <div className="bin-filter">
          <input
            className="field"
            type="search"
            placeholder={t("media.filter")}
            aria-label={t("media.filter")}
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
        </div>
      )}
      {media.length === 0 && <EmptyBin />}
      {media.length > 0 && shown.length === 0 && <div className="empty">{t("media.nothing", { filter })}</div>}
      {shown.length > 0 && (
        <div className="tiles" role="listbox" aria-label={t("media.title")} aria-multiselectable="true" tabIndex={-1} onKeyDown={onKeyDown}>
          {shown.map((entry, index) => (
            <Tile
              key={entry.id}
              entry={entry}
              selected={chosen.has(entry.id)}
              first={last === null ? index === 0 : entry.id === last}
              onSelect={(event) => select(entry.id, event)}
              onOpen={() => {
                run(editor, "media.append");
                document.querySelector<HTMLElement>("[data-zone=viewer]")?.focus();
              }}
              onMenu={(event) => openMenu(entry.id, event)}
            />
          ))}
        </div>
      )}
      {menu && <TileMenu id={menu.id} at={menu} onClose={() => setMenu(null)} />}
    </section>
  );
}

function EmptyBin(): JSX.Element {
  const t = useText();
  const editor = useEditor();
  return (
    <div className="empty">
      <p>
        <strong>{t("media.empty")}</strong>
        {t(editor.app.host.kind === "shell" ? "media.emptyShell" : "media.emptyBrowser")}
      </p>
      <Button look="primary" onClick={() => run(editor, "media.import")}>
        {t("media.import")}
      </Button>
    </div>
  );
}

function TileMenu({ id, at, onClose }: { id: string; at: { x: number; y: number }; onClose: () => void }): JSX.Element {
  const t = useText();
  const editor = useEditor();
  const facts = editor.shelf.of(id);
  const item = (command: CommandId & `media.${string}`): MenuGroup["items"][number] => ({
    label: t(command),
    keys: keysOf(command),
    disabled: !isEnabled(editor, command),
    run: () => run(editor, command),
  });
  const { reveal } = editor.app.host;
  const files: MenuGroup["items"] = [{ label: t("media.locate"), run: () => void told(editor.app, () => locate(editor, id)) }];
  if (reveal && facts && facts.state !== "missing") files.push({ label: t("media.reveal"), run: () => void told(editor.app, () => reveal(facts.path)) });
  const work = editor.proxies.store.getState().work.get(facts?.path ?? "");
  const proxy = work ? { label: t("media.proxyStop"), run: work.stop } : item("media.proxy");
  const groups = [{ items: [item("media.append"), proxy] }, { items: files }, { items: [item("media.remove")] }];
  return <Menu label={t("media.title")} groups={groups} at={at} onClose={onClose} />;
}
