import fc from "fast-check";
import { produce } from "immer";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Problem } from "../../generated/client";
import { apply, diff } from "../../project/changes";
import { drawnProject } from "../testing/drawn";
import { drawnEdit } from "../testing/edits";
import { startSidecar, type Running } from "../testing/sidecar";
import { projectFrames } from "./time";

let running: Running;

beforeAll(async () => {
  running = await startSidecar();
});
afterAll(() => running.stop());

function errors(problems: readonly Problem[]): string[] {
  return problems.filter((problem) => problem.severity === "error").map((problem) => `${problem.pointer}: ${problem.message}`);
}

it("makes no edit that the sidecar finds an error in", { timeout: 60_000 }, async () => {
  const { client } = running;
  await fc.assert(
    fc.asyncProperty(drawnProject, fc.array(drawnEdit, { minLength: 3, maxLength: 10 }), async (project, edits) => {
      const opened = await client.invoke("project.open", { project, recover: "ignore" });
      const { projectId } = opened;
      expect(errors(opened.problems)).toEqual([]);
      expect(opened.frames).toBe(projectFrames(project));
      let [current, revision] = [opened.project, opened.revision];
      for (const edit of edits) {
        const after = produce(current, edit.apply);
        const { patch } = apply(current, diff(current, after));
        if (patch.length === 0) continue;
        const updated = await client.invoke("project.update", { projectId, baseRevision: revision, patch, label: edit.name });
        expect(errors(updated.problems), edit.name).toEqual([]);
        expect(updated.frames, edit.name).toBe(projectFrames(after));
        [current, revision] = [after, updated.revision];
      }
      const { project: held } = await client.invoke("project.get", { projectId });
      expect(held).toEqual(current);
      await client.invoke("project.close", { projectId, discard: true });
    }),
    { numRuns: 40 },
  );
});
