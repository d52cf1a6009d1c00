import { diff, type Change } from "./changes";

/** An edit and its inverse. `before` is the document it began from, while edits with the same `merge` may still join it. */
export interface Entry<Label> {
  readonly label: Label;
  readonly changes: readonly Change[];
  readonly inverse: readonly Change[];
  readonly merge: string | null;
  readonly before: unknown;
}

/** What can be undone and redone, the newest last; without limit. */
export interface History<Label> {
  readonly undo: readonly Entry<Label>[];
  readonly redo: readonly Entry<Label>[];
}

export const EMPTY: History<never> = { undo: [], redo: [] };

/** Take down an edit. One with the same `merge` as the last joins it; whatever was undone can no longer be redone. */
export function record<Label>(history: History<Label>, label: Label, before: unknown, after: unknown, merge: string | null): History<Label> {
  const last = history.undo.at(-1);
  const joins = merge !== null && last?.merge === merge && history.redo.length === 0;
  const from = joins ? last.before : before;
  const inverse = diff(after, from);
  const kept = joins ? history.undo.slice(0, -1) : history.undo.map(closed);
  if (inverse.length === 0) return { undo: kept, redo: [] };
  return { undo: [...kept, { label, changes: diff(from, after), inverse, merge, before: merge === null ? null : from }], redo: [] };
}

/** The history without an edit that was refused. */
export function forget<Label>(history: History<Label>, refused: Entry<Label>): History<Label> {
  return { undo: history.undo.filter((entry) => entry !== refused), redo: history.redo.filter((entry) => entry !== refused) };
}

function closed<Label>(entry: Entry<Label>): Entry<Label> {
  return entry.before === null ? entry : { ...entry, before: null };
}
