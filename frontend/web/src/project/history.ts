import { compact, type Change } from "./changes";

/** What one edit of a step changed, and what takes that back. */
export interface Piece {
  readonly id: number;
  readonly changes: readonly Change[];
  readonly inverse: readonly Change[];
}

/** A step of undo: one edit, or several with the same `merge` one after the other. Its id is that of its first piece. */
export interface Entry<Label> {
  readonly id: number;
  readonly label: Label;
  readonly merge: string | null;
  readonly pieces: readonly Piece[];
}

/** What can be undone and redone, the newest last; without limit. */
export interface History<Label> {
  readonly undo: readonly Entry<Label>[];
  readonly redo: readonly Entry<Label>[];
}

export const EMPTY: History<never> = { undo: [], redo: [] };

/** Its own changes alone: what others did in the midst of a step is none of it. */
export function changesOf<Label>({ pieces }: Entry<Label>): Change[] {
  return compact(pieces.flatMap(({ changes }) => changes));
}

/** What undoes it, the newest piece first. */
export function inverseOf<Label>({ pieces }: Entry<Label>): Change[] {
  return compact(pieces.toReversed().flatMap(({ inverse }) => inverse));
}

/** Take down an edit. One with the same `merge` as the last joins it; whatever was undone can no longer be redone. */
export function record<Label>(history: History<Label>, label: Label, merge: string | null, piece: Piece): History<Label> {
  const last = history.undo.at(-1);
  if (last && merge !== null && last.merge === merge && history.redo.length === 0) {
    return { undo: [...history.undo.slice(0, -1), { ...last, label, pieces: [...last.pieces, piece] }], redo: [] };
  }
  return { undo: [...history.undo, { id: piece.id, label, merge, pieces: [piece] }], redo: [] };
}

/** Have the piece with this id be another, or none; a step without pieces is none. */
export function replace<Label>(history: History<Label>, id: number, by: Piece | null): History<Label> {
  const replaced = (entry: Entry<Label>): Entry<Label>[] => {
    if (!entry.pieces.some((piece) => piece.id === id)) return [entry];
    const pieces = entry.pieces.flatMap((piece) => (piece.id === id ? (by ?? []) : piece));
    return pieces.length > 0 ? [{ ...entry, pieces }] : [];
  };
  return { undo: history.undo.flatMap(replaced), redo: history.redo.flatMap(replaced) };
}

/** The history without a step. */
export function forget<Label>(history: History<Label>, id: number): History<Label> {
  return { undo: history.undo.filter((entry) => entry.id !== id), redo: history.redo.filter((entry) => entry.id !== id) };
}

/** Undo, or redo, of a step did not happen after all: it is where it was before. */
export function turnBack<Label>(history: History<Label>, id: number, way: "undo" | "redo"): History<Label> {
  const entry = (way === "undo" ? history.redo : history.undo).find((each) => each.id === id);
  if (!entry) return history;
  const { undo, redo } = forget(history, id);
  return way === "undo" ? { undo: [...undo, entry], redo } : { undo, redo: [...redo, entry] };
}
