/** Which keys run which command. Letters are places on the keyboard, so they work in every layout. */
import { useEffect } from "react";
import type { Editor } from "./app";
import { run, type CommandId } from "./commands";

/** `anywhere`: also while a field has the focus; `editor`: everywhere else; others: while that part has the focus. */
export type Zone = "anywhere" | "editor" | "media" | "viewer" | "timeline" | "inspector";

export interface Binding {
  command: CommandId;
  /** `Mod` is Control, on a Mac Command; then Shift, Alt, and the code of the key. */
  keys: string;
  when: Zone;
}

export const BINDINGS: readonly Binding[] = [
  { command: "project.new", keys: "Mod+Alt+KeyN", when: "anywhere" },
  { command: "project.open", keys: "Mod+KeyO", when: "anywhere" },
  { command: "project.save", keys: "Mod+KeyS", when: "anywhere" },
  { command: "project.saveAs", keys: "Mod+Shift+KeyS", when: "anywhere" },
  { command: "media.import", keys: "Mod+KeyI", when: "anywhere" },
  { command: "edit.undo", keys: "Mod+KeyZ", when: "editor" },
  { command: "edit.redo", keys: "Mod+Shift+KeyZ", when: "editor" },
  { command: "edit.redo", keys: "Mod+KeyY", when: "editor" },
  { command: "app.shortcuts", keys: "Shift+Slash", when: "editor" },
  { command: "app.shortcuts", keys: "F1", when: "anywhere" },
  { command: "viewer.playPause", keys: "Space", when: "editor" },
  { command: "viewer.backward", keys: "KeyJ", when: "editor" },
  { command: "viewer.stop", keys: "KeyK", when: "editor" },
  { command: "viewer.forward", keys: "KeyL", when: "editor" },
  { command: "viewer.previous", keys: "ArrowLeft", when: "editor" },
  { command: "viewer.next", keys: "ArrowRight", when: "editor" },
  { command: "viewer.previousTen", keys: "Shift+ArrowLeft", when: "editor" },
  { command: "viewer.nextTen", keys: "Shift+ArrowRight", when: "editor" },
  { command: "viewer.previousEdit", keys: "ArrowUp", when: "editor" },
  { command: "viewer.nextEdit", keys: "ArrowDown", when: "editor" },
  { command: "viewer.start", keys: "Home", when: "editor" },
  { command: "viewer.end", keys: "End", when: "editor" },
  { command: "viewer.markIn", keys: "KeyI", when: "editor" },
  { command: "viewer.markOut", keys: "KeyO", when: "editor" },
  { command: "viewer.clearMarks", keys: "Alt+KeyX", when: "editor" },
  { command: "viewer.loop", keys: "Mod+KeyL", when: "editor" },
  { command: "viewer.full", keys: "KeyF", when: "editor" },
  { command: "timeline.split", keys: "KeyS", when: "editor" },
  { command: "timeline.delete", keys: "Delete", when: "timeline" },
  { command: "timeline.delete", keys: "Backspace", when: "timeline" },
  { command: "timeline.rippleDelete", keys: "Shift+Delete", when: "timeline" },
  { command: "timeline.copy", keys: "Mod+KeyC", when: "timeline" },
  { command: "timeline.cut", keys: "Mod+KeyX", when: "timeline" },
  { command: "timeline.paste", keys: "Mod+KeyV", when: "timeline" },
  { command: "timeline.duplicate", keys: "Mod+KeyD", when: "timeline" },
  { command: "timeline.selectAll", keys: "Mod+KeyA", when: "timeline" },
  { command: "timeline.selectNone", keys: "Escape", when: "timeline" },
  { command: "timeline.selectFocused", keys: "Enter", when: "timeline" },
  { command: "timeline.earlier", keys: "Alt+ArrowLeft", when: "timeline" },
  { command: "timeline.later", keys: "Alt+ArrowRight", when: "timeline" },
  { command: "timeline.earlierTen", keys: "Shift+Alt+ArrowLeft", when: "timeline" },
  { command: "timeline.laterTen", keys: "Shift+Alt+ArrowRight", when: "timeline" },
  { command: "timeline.trimHead", keys: "KeyQ", when: "editor" },
  { command: "timeline.trimTail", keys: "KeyW", when: "editor" },
  { command: "timeline.transition", keys: "KeyT", when: "editor" },
  { command: "timeline.title", keys: "Shift+KeyT", when: "editor" },
  { command: "timeline.closeGap", keys: "KeyG", when: "editor" },
  { command: "timeline.snapping", keys: "KeyN", when: "editor" },
  { command: "timeline.ripple", keys: "KeyR", when: "editor" },
  { command: "timeline.zoomIn", keys: "Equal", when: "editor" },
  { command: "timeline.zoomOut", keys: "Minus", when: "editor" },
  { command: "timeline.zoomFit", keys: "Shift+KeyZ", when: "editor" },
  { command: "timeline.previousClip", keys: "Mod+ArrowLeft", when: "timeline" },
  { command: "timeline.nextClip", keys: "Mod+ArrowRight", when: "timeline" },
  { command: "timeline.clipAbove", keys: "Mod+ArrowUp", when: "timeline" },
  { command: "timeline.clipBelow", keys: "Mod+ArrowDown", when: "timeline" },
  { command: "media.append", keys: "Enter", when: "media" },
  { command: "media.remove", keys: "Delete", when: "media" },
];

const MAC = navigator.userAgent.includes("Mac");
const NAMES: Record<string, string> = {
  Mod: MAC ? "⌘" : "Ctrl",
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Slash: "/",
  Equal: "+",
  Minus: "−",
};

/** Keys as a person reads them: `Ctrl+Z`. */
export function keysText(keys: string): string {
  if (keys === "Shift+Slash") return "?";
  return keys
    .split("+")
    .map((part) => NAMES[part] ?? part.replace(/^(?:Key|Digit)/u, ""))
    .join("+");
}

/** The first keys of a command, as a person reads them. */
export function keysOf(command: CommandId): string | null {
  const binding = BINDINGS.find((each) => each.command === command);
  return binding ? keysText(binding.keys) : null;
}

/** The command that a key press means where the focus is; that of the part wins over the editor's. */
export function commandOf(event: KeyboardEvent): CommandId | null {
  // A dialog is answered before anything else is done.
  if (document.querySelector("dialog[open]")) return null;
  const pressed = pressedKeys(event);
  const target = event.target instanceof Element ? event.target : null;
  const zone = target?.closest<HTMLElement>("[data-zone]")?.dataset["zone"];
  const matching = BINDINGS.filter(({ keys }) => keys === pressed);
  const fits = (when: Zone): CommandId | null => matching.find((binding) => binding.when === when)?.command ?? null;
  if (isTyping(target) || target?.closest("[role=menu]")) return fits("anywhere");
  const own = zone === undefined ? null : fits(zone as Zone);
  // Space and Enter press the button that has the focus, arrows move what stands on a range.
  if (own === null && target && presses(target, event.code)) return null;
  return own ?? fits("editor") ?? fits("anywhere");
}

/** Run commands by keys, as long as the component is there. */
export function useKeys(editor: Editor): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const command = event.defaultPrevented ? null : commandOf(event);
      if (command === null) return;
      event.preventDefault();
      run(editor, command);
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [editor]);
}

function pressedKeys(event: KeyboardEvent): string {
  const mod = MAC ? event.metaKey : event.ctrlKey;
  return `${mod ? "Mod+" : ""}${event.shiftKey ? "Shift+" : ""}${event.altKey ? "Alt+" : ""}${event.code}`;
}

function isTyping(target: Element | null): boolean {
  return target?.matches("input:not([type=range], [type=checkbox]), textarea, select, [contenteditable=true]") ?? false;
}

function presses(target: Element, code: string): boolean {
  if (code === "Enter" || code === "NumpadEnter") return target.matches("button, a, summary, [role=option]");
  if (code === "Space") return target.matches("button, summary, input[type=checkbox], [role=option]");
  return /^(?:Arrow|Home|End|Page)/u.test(code) && target.matches("input[type=range], [role=option], [role=separator]");
}
