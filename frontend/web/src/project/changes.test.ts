import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PatchOperation } from "../generated/client";
import { apply, compact, diff, Gone, sameJson } from "./changes";

const id = fc.constantFrom("a", "b", "c", "d", "e", "f", "g");
const leaf = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom("x", "y~/z"), fc.constant(null), fc.boolean());
const clip = fc.record({ id, start: fc.integer({ min: 0, max: 4 }), keys: fc.array(leaf, { maxLength: 3 }) });
const byId = <T extends { id: string }>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.uniqueArray(item, { selector: (each) => each.id, maxLength: 6 });
const track = fc.record({ id, clips: byId(clip), meta: fc.dictionary(fc.constantFrom("m", "n/o", "p~q"), leaf, { maxKeys: 3, noNullPrototype: true }) });
const document = fc.record({ name: leaf, tracks: byId(track), extra: fc.option(fc.record({ value: leaf }), { nil: null }) });

/** RFC 6902 by the letter: what the sidecar does with a patch. */
function patched(value: unknown, patch: readonly PatchOperation[]): unknown {
  const copy: unknown = structuredClone(value);
  let holder = { root: copy } as Record<string, unknown>;
  for (const { op, path, value: given } of patch) {
    const parts = path.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
    let target: unknown = holder;
    for (const part of ["root", ...parts].slice(0, -1)) target = (target as Record<string, unknown>)[part];
    const last = ["root", ...parts].at(-1) as string;
    if (Array.isArray(target)) {
      const index = Number(last);
      if (index > target.length || (op !== "add" && index >= target.length)) throw new Error(`no ${path}`);
      target.splice(index, op === "add" ? 0 : 1, ...(op === "remove" ? [] : [structuredClone(given)]));
    } else {
      const record = target as Record<string, unknown>;
      if (op !== "add" && !(last in record)) throw new Error(`no ${path}`);
      if (op === "remove") delete record[last];
      else record[last] = structuredClone(given);
    }
    holder = { root: holder["root"] };
  }
  return holder["root"];
}

describe("changes", () => {
  it("lead from any document to any other, here and as a patch, and back", () => {
    fc.assert(
      fc.property(document, document, (before, after) => {
        const { document: result, patch } = apply(before, diff(before, after));
        expect(result).toEqual(after);
        expect(patched(before, patch)).toEqual(after);
        expect(apply(after, diff(after, before)).document).toEqual(before);
      }),
      { numRuns: 1000 },
    );
  });

  it("lead to the same without what is set again later", () => {
    fc.assert(
      fc.property(document, fc.array(document, { maxLength: 4 }), (before, then) => {
        const changes = then.flatMap((after, index) => diff(index === 0 ? before : then[index - 1], after));
        const short = compact(changes);
        expect(apply(before, short).document).toEqual(then.at(-1) ?? before);
      }),
      { numRuns: 500 },
    );
    const drag = [1, 2, 3].flatMap((start) => diff({ clips: [{ id: "a", start: start - 1 }] }, { clips: [{ id: "a", start }] }));
    expect(compact(drag)).toEqual(drag.slice(2));
  });

  it("are none between equal documents", () => {
    fc.assert(
      fc.property(document, (value) => {
        expect(diff(value, structuredClone(value))).toEqual([]);
      }),
    );
  });

  it("keep what they do not touch the same objects", () => {
    const before = { tracks: [{ id: "a", clips: [{ id: "b", start: 0 }] }, { id: "c", clips: [] }] };
    const after = { tracks: [{ id: "a", clips: [{ id: "b", start: 1 }] }, { id: "c", clips: [] }] };
    const { document: result } = apply(before, diff(before, after));
    expect(result.tracks[1]).toBe(before.tracks[1]);
  });

  it("are as small as the edit: one clip of a thousand removed is one operation", () => {
    const clips = Array.from({ length: 1000 }, (_, index) => ({ id: `c${index}`, start: index }));
    const { patch } = apply({ clips }, diff({ clips }, { clips: clips.toSpliced(3, 1) }));
    expect(patch).toEqual([{ op: "remove", path: "/clips/3" }]);
  });

  it("find their clip after others have come before it", () => {
    const before = { clips: [{ id: "a", start: 0 }, { id: "b", start: 1 }] };
    const moved = diff(before, { clips: [{ id: "a", start: 0 }, { id: "b", start: 5 }] });
    const meanwhile = { clips: [{ id: "new", start: 9 }, ...before.clips] };
    expect(apply(meanwhile, moved).patch).toEqual([{ op: "replace", path: "/clips/2/start", value: 5 }]);
  });

  it("say so when what they change is gone", () => {
    const before = { clips: [{ id: "a", start: 0 }] };
    const moved = diff(before, { clips: [{ id: "a", start: 5 }] });
    expect(() => apply({ clips: [] }, moved)).toThrow(Gone);
  });

  it("compare JSON without the order of members", () => {
    expect(sameJson({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toBe(true);
    expect(sameJson({ a: 1 }, { a: 1, b: undefined })).toBe(false);
    expect(sameJson([1, 2], [2, 1])).toBe(false);
  });
});
