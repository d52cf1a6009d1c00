// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { produce } from "immer";
import { afterEach, describe, expect, it } from "vitest";
import { EditorContext, NOTHING_SELECTED, type Editor } from "../app";
import type { Clip, EffectInfo, Project } from "../generated/client";
import { stage } from "../testing/editor";
import { titleSource } from "../timeline/model/clips";
import { addTransition } from "../timeline/model/transitions";
import { addClips, clipOf, emptyProject } from "../timeline/testing/project";
import { Inspector } from "./Inspector";

afterEach(cleanup);

const parameter = { pixels: false, choices: [], suffixes: [], animated: true, description: "", translations: {}, unit: "px", range: [0, 200] };
const BLUR: EffectInfo = {
  type: "blur",
  medium: "video",
  category: "blur",
  title: "Blur",
  description: "",
  translations: {},
  support: "point",
  scaleFree: true,
  grows: false,
  transparent: false,
  parameters: [{ ...parameter, name: "radius", kind: "number", default: 5 }],
};

async function open(change: (draft: Project) => void, selection: Partial<typeof NOTHING_SELECTED>): Promise<Editor> {
  const document = produce(emptyProject(), (draft) => {
    addClips(draft, "video", { a: [0, 50], b: [50, 100] });
    change(draft);
  });
  const wipe = { type: "wipeleft", category: "wipe", title: "Wipe left", description: "", translations: {} };
  const { editor } = await stage(document, {
    "effects.list": () => ({ effects: [BLUR] }),
    "transitions.list": () => ({ transitions: [{ ...wipe, type: "fade", title: "Fade" }, wipe] }),
  });
  editor.selection.setState({ ...NOTHING_SELECTED, ...selection });
  await act(async () => {
    render(
      <EditorContext.Provider value={editor}>
        <Inspector />
      </EditorContext.Provider>,
    );
  });
  return editor;
}

const user = userEvent.setup();
const document = (editor: Editor): Project => editor.live.store.getState().document;
const clips = (editor: Editor): Clip[] => ["a", "b"].map((id) => clipOf(document(editor), id));

describe("the inspector", () => {
  it("sets a number of all that is selected, within its range, and leaves keyframes alone", async () => {
    const editor = await open(
      (draft) => {
        clipOf(draft, "b").volume = { keyframes: [{ time: 0, value: 1, easing: "linear" }] };
      },
      { clips: new Set(["a", "b"]) },
    );
    const [opacity, volume] = ["Opacity", "Volume"].map((name) => screen.getByRole("textbox", { name }));
    await user.clear(opacity as HTMLElement);
    await user.type(opacity as HTMLElement, "7{Enter}");
    await user.clear(volume as HTMLElement);
    await user.type(volume as HTMLElement, "2,5{Enter}");
    expect(clips(editor).map((clip) => clip.opacity)).toEqual([1, 1]);
    expect(clips(editor).map((clip) => clip.volume)).toEqual([2.5, { keyframes: [{ time: 0, value: 1, easing: "linear" }] }]);
  });

  it("types a title as one step of undo", async () => {
    const editor = await open(
      (draft) => {
        clipOf(draft, "a").source = titleSource("Title");
      },
      { clips: new Set(["a"]) },
    );
    await user.type(screen.getByRole("textbox", { name: "Text" }), " of a film");
    expect(clips(editor)[0]?.source).toMatchObject({ text: "Title of a film" });
    editor.live.undo();
    expect(clips(editor)[0]?.source).toMatchObject({ text: "Title" });
  });

  it("builds an effect's controls from its schema", async () => {
    const editor = await open(() => {}, { clips: new Set(["a"]) });
    await user.click(screen.getByRole("button", { name: "Add effect" }));
    await user.click(screen.getByRole("menuitem", { name: "Blur" }));
    const radius = screen.getByRole("textbox", { name: "Radius" });
    expect(radius).toHaveProperty("value", "5");
    await user.clear(radius);
    await user.type(radius, "300{Enter}");
    expect(clips(editor)[0]?.effects).toMatchObject([{ type: "blur", parameters: { radius: 200 } }]);
    await user.click(screen.getByRole("button", { name: "Remove Blur" }));
    expect(clips(editor)[0]?.effects).toEqual([]);
  });

  it("plays a clip faster in less time, and slower as far as there is room", async () => {
    const editor = await open(() => {}, { clips: new Set(["a"]) });
    const speed = screen.getByRole("textbox", { name: "Speed", hidden: true });
    await user.clear(speed);
    await user.type(speed, "200{Enter}");
    expect(clips(editor)[0]).toMatchObject({ speed: 2, duration: 1 });
    await user.clear(speed);
    await user.type(speed, "25{Enter}");
    expect(clips(editor)[0]).toMatchObject({ speed: 0.25, duration: 2 });
  });

  it("loses no frames of a clip by dragging its speed to and fro", async () => {
    const editor = await open(() => {}, { clips: new Set(["a"]) });
    const slider = screen.getByRole("slider", { name: "Speed", hidden: true });
    fireEvent.pointerDown(slider);
    for (const percent of [103, 107, 111, 133, 171, 117]) fireEvent.change(slider, { target: { value: percent } });
    expect(clips(editor)[0]).toMatchObject({ speed: 1.17, duration: 42 / 25 });
    fireEvent.change(slider, { target: { value: 100 } });
    expect(clips(editor)[0]).toMatchObject({ speed: 1, duration: 2 });
    expect(editor.live.store.getState().history.undo).toHaveLength(1);
  });

  it("changes a transition", async () => {
    let id: string | null = null;
    const editor = await open(
      (draft) => {
        id = addTransition(draft, { track: draft.tracks[0]?.id ?? "", frame: 50, type: "fade", frames: 10 });
      },
      {},
    );
    await act(async () => editor.selection.setState({ ...NOTHING_SELECTED, transition: id }));
    await user.selectOptions(screen.getByRole("combobox", { name: "Kind" }), "Wipe left");
    await user.selectOptions(screen.getByRole("combobox", { name: "Position" }), "Up to the cut");
    const [track] = document(editor).tracks;
    expect(track?.kind === "video" && track.transitions).toMatchObject([{ type: "wipeleft", align: "end", duration: 0.4 }]);
  });

  it("says that nothing is selected", async () => {
    await open(() => {}, {});
    expect(screen.getByText("Select a clip or a transition")).toBeTruthy();
  });
});
