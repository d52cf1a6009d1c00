// @vitest-environment jsdom
import { afterEach, describe, expect, it, vi } from "vitest";
import { RpcError } from "../generated/client";
import { stage, type Answers, type Staged } from "../testing/editor";
import { emptyProject } from "../timeline/testing/project";
import type { Host } from "./host";
import { closeWindow, openFirst } from "./projects";

let staged: Staged | null = null;

afterEach(() => {
  sessionStorage.clear();
  staged?.editor.session.close();
});

const OPENED = { revision: 1, project: emptyProject(), problems: [], duration: "0", frames: 0, recovery: null };
const SIDECAR: Answers = {
  "project.load": ({ path }) => ({ ...OPENED, projectId: `of ${path}`, file: { path } }) as never,
  "project.open": () => ({ ...OPENED, projectId: "new" }),
  "project.close": () => ({}),
};

async function start(answers: Answers = {}, host: object = {}): Promise<Staged> {
  staged = await stage(emptyProject(), { ...SIDECAR, ...answers });
  const { app } = staged.editor;
  Object.assign(app, { host: { ...app.host, ...host } });
  return staged;
}

/** Answer the next question. */
async function answer({ speaker }: Staged, choice: string | null): Promise<void> {
  await vi.waitUntil(() => speaker.store.getState().question !== null);
  const { question } = speaker.store.getState();
  if (question?.kind === "choice") question.answer(choice);
}

const current = ({ editor }: Staged): string | undefined => editor.app.current.getState().editor?.live.store.getState().projectId;

describe("at the start", () => {
  it("begins something new where it is not said whether to restore", async () => {
    const found = { savedAt: "2026-11-24T01:00:00Z" };
    const at = await start(
      { "project.load": ({ path }) => ({ ...OPENED, projectId: "found", file: { path }, recovery: found }) as never },
      { argument: async () => "/film.json" },
    );
    const opening = openFirst(at.editor.app);
    await answer(at, null);
    await opening;
    expect(current(at)).toBe("new");
  });

  it("opens the file of before a reload, where the sidecar has closed it since", async () => {
    sessionStorage.setItem("studio.open", JSON.stringify({ projectId: "gone", path: "/kept.json" }));
    const at = await start({
      "project.get": () => {
        throw new RpcError(1101, "gone is not open", { kind: "projectNotOpen", context: {} } as never);
      },
    });
    await openFirst(at.editor.app);
    expect(current(at)).toBe("of /kept.json");
  });

  it("says what the window is called only where that is something else", async () => {
    const setTitle = vi.fn<Host["setTitle"]>(async () => {});
    const at = await start({}, { setTitle });
    await openFirst(at.editor.app);
    const live = at.editor.app.current.getState().editor?.live;
    expect(setTitle).toHaveBeenCalledTimes(1);
    for (const author of ["Ann", "Bob"]) live?.edit("project.rename", (draft) => void Object.assign(draft, { author }));
    expect(setTitle.mock.calls.map(([, dirty]) => dirty)).toEqual([false, true]);
  });
});

describe("at the end", () => {
  it.each(["answered", "lost"])("gives up what is not to be saved, and closes the window: %s", async (how) => {
    const closeWindowOf = vi.fn<Host["closeWindow"]>(async () => {});
    const at = await start(
      how === "answered"
        ? {}
        : {
            "project.close": () => {
              throw new RpcError(1, "no", { kind: "internalError", context: {} } as never);
            },
          },
      { closeWindow: closeWindowOf },
    );
    const { app, live } = at.editor;
    app.current.setState({ editor: at.editor });
    live.edit("project.rename", (draft) => void (draft.name = "Draft"));
    const closing = closeWindow(app);
    expect(closeWindowOf).not.toHaveBeenCalled();
    await answer(at, "discard");
    await closing;
    expect(at.transport.sent.find(({ method }) => method === "project.close")?.params).toEqual({ projectId: "p", discard: true });
    expect(closeWindowOf).toHaveBeenCalledOnce();
  });

  it("stays where that is wanted", async () => {
    const closeWindowOf = vi.fn<Host["closeWindow"]>(async () => {});
    const at = await start({}, { closeWindow: closeWindowOf });
    const { app, live } = at.editor;
    app.current.setState({ editor: at.editor });
    live.edit("project.rename", (draft) => void (draft.name = "Draft"));
    const closing = closeWindow(app);
    await answer(at, "cancel");
    await closing;
    expect(at.transport.sent.some(({ method }) => method === "project.close")).toBe(false);
    expect(closeWindowOf).not.toHaveBeenCalled();
  });
});
