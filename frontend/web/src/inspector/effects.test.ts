import { produce } from "immer";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { addClips, emptyProject } from "../timeline/testing/project";
import { TestSidecar } from "../testing/sidecar";
import { addEffect, setParameter } from "./edits";
import { filesOf } from "./catalogue";

const sidecar = new TestSidecar();

beforeAll(() => sidecar.start());
afterAll(() => sidecar.stop());

it("adds every effect that it offers without an error, and sets each number to the ends of its range", async () => {
  const session = sidecar.session();
  await vi.waitUntil(() => session.store.getState().state === "connected", 10_000);
  const { effects } = await session.invoke("effects.list", {});
  expect(effects.length).toBeGreaterThan(20);
  for (const info of effects.filter((each) => filesOf(each).length === 0)) {
    const ids = new Set(["c"]);
    const plain = produce(emptyProject(), (draft) => {
      addClips(draft, info.medium, { c: [0, 50] });
      addEffect(draft, ids, info.type);
    });
    const ends = [0, 1].map((end) =>
      produce(plain, (draft) => {
        const track = draft.tracks[0];
        const effect = track?.kind === "subtitle" ? null : track?.clips[0]?.effects[0]?.id;
        for (const { name, kind, range } of info.parameters) {
          if ((kind === "number" || kind === "whole") && range) setParameter(draft, "c", effect ?? "", name, range[end]);
        }
      }),
    );
    for (const project of [plain, ...ends]) {
      const { projectId, problems } = await session.invoke("project.open", { project, recover: "ignore" });
      expect(problems.filter(({ severity }) => severity === "error"), info.type).toEqual([]);
      await session.invoke("project.close", { projectId, discard: true });
    }
  }
});
