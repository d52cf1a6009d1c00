import type { JSX } from "react";
import { useEditor } from "../../app";
import { commands, isEnabled, run, type CommandId } from "../../commands";
import { keysOf } from "../../keys";
import { useText } from "../../text/use";
import { Menu, type MenuItem } from "../../ui/Menu";

const GROUPS: readonly (readonly CommandId[])[] = [
  ["timeline.split", "timeline.trimHead", "timeline.trimTail", "timeline.transition"],
  ["timeline.cut", "timeline.copy", "timeline.paste", "timeline.duplicate"],
  ["timeline.delete", "timeline.rippleDelete", "timeline.closeGap"],
];

/** What can be done here, by the right button. */
export function ClipMenu({ at, onClose }: { at: { x: number; y: number }; onClose: () => void }): JSX.Element {
  const editor = useEditor();
  const t = useText();
  const item = (id: CommandId): MenuItem => ({ label: t(commands[id].label), keys: keysOf(id), disabled: !isEnabled(editor, id), run: () => run(editor, id) });
  return <Menu label={t("timeline.title")} groups={GROUPS.map((ids) => ({ items: ids.map(item) }))} at={at} onClose={onClose} />;
}
