/** Everything that can be done to an editor, by name: menus, buttons and keys run these and nothing else. */
import type { Editor } from "./app";
import { mediaCommands } from "./media/commands";
import { shellCommands } from "./shell/commands";
import { tell } from "./shell/projects";
import type { Key } from "./text";
import { timelineCommands } from "./timeline/commands";
import { viewerCommands } from "./viewer/commands";

export interface Command {
  label: Key;
  run: (editor: Editor) => void | Promise<void>;
  /** Absent: always. */
  enabled?: (editor: Editor) => boolean;
}

export type Commands = Record<string, Command>;

export const commands = { ...mediaCommands, ...shellCommands, ...timelineCommands, ...viewerCommands } satisfies Commands;

export type CommandId = keyof typeof commands;

export function isEnabled(editor: Editor, id: CommandId): boolean {
  return (commands[id] as Command).enabled?.(editor) ?? true;
}

/** Run a command, if it is enabled; what it fails with is told. */
export function run(editor: Editor, id: CommandId): void {
  if (!isEnabled(editor, id)) return;
  const act = async (): Promise<void> => (commands[id] as Command).run(editor);
  act().catch((error: unknown) => tell(editor.app, error));
}
