import fc from "fast-check";
import { produce } from "immer";
import { expect, it } from "vitest";
import type { Clip, Project } from "../../generated/client";
import { add, compare, divide, frameTime, multiply, parse, ratio, subtract, type Ratio } from "../../project/time";
import { apply, diff } from "../../project/changes";
import { drawnProject } from "../testing/drawn";
import { AN_HOUR, drawnEdit } from "../testing/edits";
import { faultsOf } from "../testing/faults";
import { eachClip, idOf, mediaTracks, spotsOf } from "./document";
import { isKeyframes } from "./shape";
import { splitClips } from "./split";
import { clipSpan, frameAt, parseRate, projectRate, writeSeconds } from "./time";
import { trimClips } from "./trim";

it("knows drawn projects as free of faults", () => {
  fc.assert(
    fc.property(drawnProject, (project) => {
      expect(faultsOf(project)).toEqual([]);
    }),
  );
});

it("breaks no rule by any row of edits", () => {
  fc.assert(
    fc.property(drawnProject, fc.array(drawnEdit, { maxLength: 8 }), (project, edits) => {
      let current = project;
      for (const edit of edits) {
        current = produce(current, edit.apply);
        expect(faultsOf(current), edit.name).toEqual([]);
      }
    }),
    { numRuns: 300 },
  );
});

it("can be told as changes, and undone by them", () => {
  fc.assert(
    fc.property(drawnProject, drawnEdit, (project, edit) => {
      const after = produce(project, edit.apply);
      expect(apply(project, diff(project, after)).document).toEqual(after);
      expect(apply(after, diff(after, project)).document).toEqual(project);
    }),
  );
});

/** The exact instant of the source at a frame of the timeline, by docs/project.md §4, step 2. */
function sourceAt(clip: Clip, frame: number, rate: Ratio): Ratio {
  const { first, end } = clipSpan(clip, rate);
  const own = frameTime(clip.reverse ? end - 1 - frame : frame - first, rate);
  const start = parse(clip.sourceStart);
  return clip.freeze ? start : add(start, multiply(own, parse(clip.speed)));
}

/** What a frame shows: the source's instant, and the keys as they stand on the timeline. */
function shown(project: Project): Map<string, string> {
  const rate = projectRate(project);
  const seen = new Map<string, string>();
  for (const [index, track] of mediaTracks(project).entries()) {
    for (const { clip, first, end } of spotsOf(track, rate)) {
      const keys = isKeyframes(clip.opacity) ? clip.opacity.keyframes.map((key) => add(parse(key.time), frameTime(first, rate))) : [];
      for (let frame = first; frame < end; frame++) {
        const { num, den } = sourceAt(clip, frame, rate);
        const at = clip.source.kind === "file" && clip.timeMap === null ? `${num}/${den}` : "";
        seen.set(`${index}:${frame}`, `${at} ${keys.map((key) => `${key.num}/${key.den}`).join()}`);
      }
    }
  }
  return seen;
}

it("shows the same frames after a split", () => {
  fc.assert(
    fc.property(drawnProject, fc.nat({ max: 200 }), (project, frame) => {
      expect(shown(produce(project, (draft) => void splitClips(draft, frame, null)))).toEqual(shown(project));
    }),
  );
});

it("shows the same in every frame that a plain trim leaves", () => {
  const args = fc.record({ pick: fc.nat(), edge: fc.constantFrom("head" as const, "tail" as const), by: fc.integer({ min: -60, max: 60 }) });
  fc.assert(
    fc.property(drawnProject, args, (project, { pick, edge, by }) => {
      const ids: string[] = [];
      eachClip(project, (clip) => ids.push(idOf(clip)));
      const id = ids[pick % Math.max(1, ids.length)] ?? "";
      const before = shown(project);
      const after = shown(produce(project, (draft) => trimClips(draft, { ids: new Set([id]), edge, mode: "plain", frames: by }, AN_HOUR)));
      const other = [...after].filter(([frame, picture]) => before.has(frame) && before.get(frame) !== picture);
      expect(other).toEqual([]);
    }),
  );
});

it("writes times that read as themselves, with terms of 24 digits at most", () => {
  const terms = fc.tuple(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), fc.bigInt({ min: 1n, max: 10n ** 9n }));
  fc.assert(
    fc.property(terms, ([num, den]) => {
      expect(compare(parse(writeSeconds(ratio(num, den))), ratio(num, den))).toBe(0);
    }),
  );
  const long = writeSeconds(ratio(10n ** 30n + 1n, 3n * 10n ** 26n));
  expect(long).toBe("3333333333333/1000000000");
});

it("gives frames back at every rate", () => {
  const rates = fc.constantFrom("24", "25", "30000/1001", "24000/1001", "60000/1001", "240");
  fc.assert(
    fc.property(rates, fc.nat({ max: 20_000_000 }), (text, frame) => {
      const rate = parseRate(text);
      expect(frameAt(parse(writeSeconds(frameTime(frame, rate))), rate)).toBe(frame);
      const half = divide(subtract(ratio(BigInt(2 * frame + 1), 2n), ratio(1n, 1_000_000n)), rate);
      expect(frameAt(half, rate)).toBe(frame);
    }),
  );
});
