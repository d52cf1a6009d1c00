// @vitest-environment jsdom
import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { produce } from "immer";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { EditorContext } from "../app";
import { run } from "../commands";
import { RpcError, type MediaEntry, type Project, type Proxy } from "../generated/client";
import { useKeys } from "../keys";
import { film, stage, type Answers, type Staged } from "../testing/editor";
import { eachClip } from "../timeline/model/document";
import { clipSpan, projectRate } from "../timeline/model/time";
import { addTrack } from "../timeline/model/tracks";
import { emptyProject } from "../timeline/testing/project";
import { Bin } from "./Bin";
import { importFiles } from "./import";

const EMPTY: Project = produce(emptyProject(), (draft) => {
  draft.media = [];
  addTrack(draft, "video");
});

let files: Map<string, MediaEntry["state"]>;

/** A sidecar that knows every file but `notes.txt`. */
function answers(): Answers {
  return {
    "media.probe": ({ path }) => {
      if (path.endsWith(".txt")) throw new RpcError(1202, `${path} cannot be read`, { kind: "mediaUnreadable", context: { path, detail: "" } } as never);
      return film(path);
    },
    "project.media": () => ({
      revision: 1,
      waiting: 0,
      media: (staged?.editor.live.store.getState().document.media ?? []).map(
        ({ id, path }) => ({ id, path, file: path, state: files.get(path) ?? "ready", error: null }) as MediaEntry,
      ),
    }),
    "media.proxy": () => new Promise((resolve) => (finish = resolve)),
    "media.filmstrip": () => ({ frames: [], sheet: null, cellWidth: 0, cellHeight: 0, cached: 0 }),
  };
}

let finish: (proxy: Proxy) => void = () => {};
let staged: Staged | null = null;

beforeAll(() => {
  globalThis.IntersectionObserver = class {
    observe(): void {}
    disconnect(): void {}
  } as never;
});

beforeEach(async () => {
  files = new Map();
  staged = null;
  staged = await stage(EMPTY, answers(), ["/film.mp4", "/notes.txt", "/other.mp4"]);
});

afterEach(() => {
  cleanup();
  open().editor.session.close();
});

function open(): Staged {
  if (!staged) throw new Error("nothing is staged");
  return staged;
}

function Page(): ReturnType<typeof Bin> {
  useKeys(open().editor);
  return <Bin />;
}

function show(): ReturnType<typeof userEvent.setup> {
  render(
    <EditorContext.Provider value={open().editor}>
      <Page />
    </EditorContext.Provider>,
  );
  return userEvent.setup();
}

const documentOf = (): Project => open().editor.live.store.getState().document;

describe("the bin", () => {
  it("imports what is media, as one edit, tells of the rest, and gives an untouched project the film's shape", async () => {
    const user = show();
    await user.click(screen.getAllByRole("button", { name: /Import/ })[0] as HTMLElement);
    expect(await screen.findAllByRole("option")).toHaveLength(2);
    await waitFor(() => expect(screen.getByRole("option", { name: /film\.mp4/ }).textContent).toContain("1280 × 721 · 29.97"));
    expect(documentOf()).toMatchObject({ frameRate: "30000/1001", width: 1280, height: 720, media: [{ path: "/film.mp4" }, { path: "/other.mp4" }] });
    expect(open().speaker.store.getState().notices).toMatchObject([{ tone: "error", text: "Not imported: notes.txt" }]);
    open().editor.live.undo();
    expect(documentOf()).toEqual(EMPTY);
  });

  it("does not import a file twice, nor change the shape of a project that has one", async () => {
    await importFiles(open().editor, ["/film.mp4"]);
    open().editor.live.edit("project.rename", (draft) => void Object.assign(draft, { width: 640 }));
    expect(await importFiles(open().editor, ["/film.mp4", "/other.mp4", "/other.mp4"])).toHaveLength(1);
    expect(documentOf()).toMatchObject({ width: 640, media: [{ path: "/film.mp4" }, { path: "/other.mp4" }] });
  });

  it("imports a file again that was taken out, and one whose import was undone", async () => {
    const { editor } = open();
    await importFiles(editor, ["/film.mp4"]);
    editor.live.undo();
    await importFiles(editor, ["/film.mp4"]);
    expect(documentOf().media).toMatchObject([{ path: "/film.mp4" }]);
    editor.selection.setState({ media: new Set(documentOf().media.map(({ id }) => id)) });
    run(editor, "media.remove");
    expect(documentOf().media).toEqual([]);
    await importFiles(editor, ["/film.mp4"]);
    expect(documentOf().media).toMatchObject([{ path: "/film.mp4" }]);
  });

  it("adds files behind all clips, those that are switched off and those that are not answered yet included", async () => {
    const { editor } = open();
    await importFiles(editor, ["/film.mp4"]);
    editor.selection.setState({ media: new Set(documentOf().media.map(({ id }) => id)) });
    run(editor, "media.append");
    editor.live.edit("inspector.changeClip", (draft) => eachClip(draft, (clip) => void (clip.enabled = false)));
    run(editor, "media.append");
    run(editor, "media.append");
    const spans: unknown[] = [];
    eachClip(documentOf(), (clip) => spans.push(clipSpan(clip, projectRate(documentOf()))));
    expect(spans).toEqual([0, 1, 2].map((count) => ({ first: count * 299, end: (count + 1) * 299 })));
  });

  it("is worked by keys: arrows select, Enter puts on the timeline, Delete asks where clips would go", async () => {
    await importFiles(open().editor, ["/film.mp4", "/other.mp4"]);
    const user = show();
    await user.tab();
    await user.tab();
    await user.tab();
    expect(document.activeElement?.textContent).toContain("film.mp4");
    await user.keyboard("{ArrowRight}");
    expect(screen.getByRole("option", { selected: true }).textContent).toContain("other.mp4");
    await user.keyboard("{Enter}");
    await waitFor(() => expect(documentOf().tracks[0]).toMatchObject({ clips: [{ source: { media: documentOf().media[1]?.id } }] }));
    await user.keyboard("{Delete}");
    const question = open().speaker.store.getState().question;
    expect(question).toMatchObject({ kind: "choice", body: "1 clip on the timeline uses it." });
    if (question?.kind === "choice") question.answer("remove");
    await waitFor(() => expect(documentOf()).toMatchObject({ media: [{ path: "/film.mp4" }], tracks: [{ clips: [] }] }));
  });

  it("says what is missing and offers to find it", async () => {
    files.set("/film.mp4", "missing");
    await importFiles(open().editor, ["/film.mp4"]);
    show();
    expect(screen.getByText("Missing")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Find missing files…" })).toBeTruthy();
    open().transport.emit("media.changed", { path: "/film.mp4", state: "ready", info: film("/film.mp4"), error: null, projectId: "p", ids: documentOf().media.map(({ id }) => id) });
    await waitFor(() => expect(screen.queryByText("Missing")).toBeNull());
  });

  it("makes a proxy, says how far it is, and stops when it is told to", async () => {
    await importFiles(open().editor, ["/film.mp4"]);
    const user = show();
    await user.pointer({ keys: "[MouseRight]", target: screen.getByRole("option") });
    await user.click(screen.getByRole("menuitem", { name: "Make a proxy for playing" }));
    await user.click(await screen.findByRole("button", { name: "Proxy…" }));
    await waitFor(() => expect(open().transport.sent.at(-1)?.method).toBe("$/cancelRequest"));
    finish({ state: "ready" } as Proxy);
    await waitFor(() => expect(open().speaker.store.getState().notices).toMatchObject([{ text: "film.mp4 plays from a proxy now" }]));
    expect(screen.queryByRole("button", { name: "Proxy…" })).toBeNull();
  });

  it("shows what its name holds of what is typed", async () => {
    await importFiles(open().editor, ["/film.mp4", "/other.mp4"]);
    const user = show();
    await user.type(screen.getByRole("searchbox", { name: "Filter by name" }), "OTH");
    expect(screen.getAllByRole("option")).toHaveLength(1);
    await user.type(screen.getByRole("searchbox"), "x");
    expect(screen.getByText("Nothing is called “OTHx”")).toBeTruthy();
  });
});
