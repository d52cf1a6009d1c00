import fc from "fast-check";
import { produce } from "immer";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { Problem } from "../../generated/client";
import { apply, diff } from "../../project/changes";
import { TestSidecar } from "../../testing/sidecar";
import { drawnProject } from "../testing/drawn";
import { drawnEdit } from "../testing/edits";
import { projectFrames } from "./time";

const sidecar = new TestSidecar();

beforeAll(() => sidecar.start());
afterAll(() => sidecar.stop());

function errors(problems: readonly Problem[]): string[] {
  return problems.filter((problem) => problem.severity === "error").map((problem) => `${problem.pointer}: ${problem.message}`);
}

it("makes no edit that the sidecar finds an error in", { timeout: 60_000 }, async () => {
  const session = sidecar.session();
  await vi.waitUntil(() => session.store.getState().state === "connected", 10_000);
  await fc.assert(
    fc.asyncProperty(drawnProject, fc.array(drawnEdit, { minLength: 3, maxLength: 10 }), async (project, edits) => {
      const opened = await session.invoke("project.open", { project, recover: "ignore" });
      const { projectId } = opened;
      try {
        expect(errors(opened.problems)).toEqual([]);
        expect(opened.frames).toBe(projectFrames(project));
        let [current, revision] = [opened.project, opened.revision];
        for (const edit of edits) {
          const after = produce(current, edit.apply);
          const { patch } = apply(current, diff(current, after));
          if (patch.length === 0) continue;
          const updated = await session.invoke("project.update", { projectId, baseRevision: revision, patch, label: edit.name });
          expect(errors(updated.problems), edit.name).toEqual([]);
          expect(updated.frames, edit.name).toBe(projectFrames(after));
          [current, revision] = [after, updated.revision];
        }
        const { project: held } = await session.invoke("project.get", { projectId });
        expect(held).toEqual(current);
      } finally {
        await session.invoke("project.close", { projectId, discard: true });
      }
    }),
    { numRuns: 40 },
  );
});
