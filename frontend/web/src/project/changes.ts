/**
 * What differs between two states of a document, told by ids instead of places in lists.
 *
 * Undo, redo and edits that wait keep such changes: they can still be made after somebody else has added or removed
 * things before them. Only when they are sent they become a patch (RFC 6902) with indices.
 */
import type { PatchOperation } from "../generated/client";

type Item = { readonly id: string };

/** A member, or the item of a list that has this id. */
export type Step = string | Item;

export type Change =
  | { readonly kind: "set"; readonly at: readonly Step[]; readonly value: unknown }
  | { readonly kind: "unset"; readonly at: readonly Step[] }
  | { readonly kind: "insert"; readonly at: readonly Step[]; readonly before: string | null; readonly value: unknown }
  | { readonly kind: "remove"; readonly at: readonly Step[] };

/** What a change refers to is not there any more. */
export class Gone extends Error {
  override readonly name = "Gone";
}

/**
 * The changes that lead from one document to the other.
 *
 * Values that are the same object are not looked into, so this takes time for what an edit touched, not for the whole.
 */
export function diff(before: unknown, after: unknown): Change[] {
  const found: Change[] = [];
  compareValues(before, after, [], found);
  return found;
}

/** Make the changes, one after the other. Raises Gone; the document is left as it was. */
export function apply<T>(document: T, changes: readonly Change[]): { document: T; patch: PatchOperation[] } {
  const patch: PatchOperation[] = [];
  let current: unknown = document;
  for (const change of changes) {
    current = replaceAt(current, change.at, 0, "", change, patch);
  }
  return { document: current as T, patch };
}

/**
 * Changes that lead to the same, without each `set` whose place is set again later.
 *
 * One stays where what comes between lies above or below its place, and so may need it.
 */
export function compact(changes: readonly Change[]): Change[] {
  return changes.filter((change, index) => {
    if (change.kind !== "set") return true;
    for (let later = index + 1; later < changes.length; later++) {
      const other = changes[later] as Change;
      if (touches(change.at, other.at)) return other.kind !== "set" || other.at.length !== change.at.length;
    }
    return true;
  });
}

/** Whether two places are the same, or one lies within the other. */
function touches(a: readonly Step[], b: readonly Step[]): boolean {
  for (let depth = 0; depth < Math.min(a.length, b.length); depth++) {
    const [one, other] = [a[depth] as Step, b[depth] as Step];
    if (typeof one === "string" || typeof other === "string" ? one !== other : one.id !== other.id) return false;
  }
  return true;
}

function compareValues(before: unknown, after: unknown, at: readonly Step[], found: Change[]): void {
  if (Object.is(before, after)) return;
  if (Array.isArray(before) && Array.isArray(after)) {
    if (inStep(before, after)) compareItems(before, after, at, found);
    else if (haveIds(before) && haveIds(after)) compareLists(before, after, at, found);
    else if (!sameJson(before, after)) found.push({ kind: "set", at, value: after });
  } else if (isRecord(before) && isRecord(after)) {
    compareRecords(before, after, at, found);
  } else {
    found.push({ kind: "set", at, value: after });
  }
}

function compareRecords(before: Record<string, unknown>, after: Record<string, unknown>, at: readonly Step[], found: Change[]): void {
  for (const member of Object.keys(before)) {
    if (!(member in after)) found.push({ kind: "unset", at: [...at, member] });
  }
  for (const [member, value] of Object.entries(after)) {
    if (member in before) compareValues(before[member], value, [...at, member], found);
    else found.push({ kind: "set", at: [...at, member], value });
  }
}

function compareItems(before: readonly unknown[], after: readonly Item[], at: readonly Step[], found: Change[]): void {
  for (const [index, item] of after.entries()) {
    if (item !== before[index]) compareValues(before[index], item, [...at, { id: item.id }], found);
  }
}

function compareLists(before: readonly Item[], after: readonly Item[], at: readonly Step[], found: Change[]): void {
  const old = new Map(before.map((item) => [item.id, item]));
  const now = new Set(after.map((item) => item.id));
  const left = before.filter((item) => now.has(item.id)).map((item) => item.id);
  const staying = increasing(left, after);
  for (const item of before) {
    if (!staying.has(item.id)) found.push({ kind: "remove", at: [...at, { id: item.id }] });
  }
  // From the end on, so that the one each stands before is there already.
  for (let index = after.length - 1; index >= 0; index--) {
    const item = after[index] as Item;
    if (!staying.has(item.id)) found.push({ kind: "insert", at, before: after[index + 1]?.id ?? null, value: item });
  }
  for (const item of after) {
    if (staying.has(item.id)) compareValues(old.get(item.id), item, [...at, { id: item.id }], found);
  }
}

/** A longest set of ids that stand in the same order in both lists: what is moved is as little as can be. */
function increasing(left: readonly string[], after: readonly Item[]): Set<string> {
  const place = new Map(left.map((id, index) => [id, index]));
  const sequence = after.flatMap((item) => place.get(item.id) ?? []);
  const tails: number[] = [];
  const previous = new Map<number, number | undefined>();
  for (const value of sequence) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((tails[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    previous.set(value, tails[low - 1]);
    tails[low] = value;
  }
  const chosen = new Set<string>();
  for (let value = tails.at(-1); value !== undefined; value = previous.get(value)) chosen.add(left[value] as string);
  return chosen;
}

function replaceAt(value: unknown, at: readonly Step[], depth: number, pointer: string, change: Change, patch: PatchOperation[]): unknown {
  if (depth === at.length) return arrive(value, pointer, change, patch);
  const step = at[depth] as Step;
  const last = depth === at.length - 1;
  if (typeof step === "string") {
    if (!isRecord(value)) throw new Gone(`nothing holds ${step}`);
    const path = `${pointer}/${escape(step)}`;
    if (last && change.kind === "set") {
      patch.push({ op: step in value ? "replace" : "add", path, value: change.value });
      return { ...value, [step]: change.value };
    }
    if (!(step in value)) throw new Gone(`no member ${step}`);
    if (last && change.kind === "unset") {
      patch.push({ op: "remove", path });
      return Object.fromEntries(Object.entries(value).filter(([member]) => member !== step));
    }
    return { ...value, [step]: replaceAt(value[step], at, depth + 1, path, change, patch) };
  }
  const index = Array.isArray(value) ? value.findIndex((item) => isRecord(item) && item["id"] === step.id) : -1;
  if (!Array.isArray(value) || index < 0) throw new Gone(`no item ${step.id}`);
  const path = `${pointer}/${index}`;
  if (last && change.kind === "remove") {
    patch.push({ op: "remove", path });
    return value.toSpliced(index, 1);
  }
  if (last && change.kind === "set") {
    patch.push({ op: "replace", path, value: change.value });
    return value.with(index, change.value);
  }
  return value.with(index, replaceAt(value[index], at, depth + 1, path, change, patch));
}

function arrive(value: unknown, pointer: string, change: Change, patch: PatchOperation[]): unknown {
  if (change.kind === "set") {
    patch.push({ op: "replace", path: pointer, value: change.value });
    return change.value;
  }
  if (change.kind !== "insert" || !Array.isArray(value)) throw new Gone(`no list at ${pointer}`);
  const next = change.before === null ? -1 : value.findIndex((item) => isRecord(item) && item["id"] === change.before);
  const index = next < 0 ? value.length : next;
  if (value.some((item) => isRecord(item) && isRecord(change.value) && item["id"] === change.value["id"])) {
    throw new Gone(`an item of this id is at ${pointer} already`);
  }
  patch.push({ op: "add", path: `${pointer}/${index}`, value: change.value });
  return value.toSpliced(index, 0, change.value);
}

/** Whether two lists hold the same items, by id and in the same order: what most edits leave so. */
function inStep(before: readonly unknown[], after: readonly unknown[]): after is readonly Item[] {
  if (before.length !== after.length || !haveIds(after)) return false;
  return after.every((item, index) => item === before[index] || item.id === (before[index] as Partial<Item> | null)?.id);
}

/** Whether every item of a list has an id of its own. */
function haveIds(list: readonly unknown[]): list is readonly Item[] {
  const ids = new Set<unknown>();
  for (const item of list) if (isRecord(item) && typeof item["id"] === "string") ids.add(item["id"]);
  return ids.size === list.length;
}

/** Whether two JSON values are equal; the order of members does not count. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
  if (!isRecord(a) || !isRecord(b)) return false;
  const members = Object.keys(a);
  return members.length === Object.keys(b).length && members.every((member) => member in b && sameJson(a[member], b[member]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function escape(member: string): string {
  return member.replaceAll("~", "~0").replaceAll("/", "~1");
}
