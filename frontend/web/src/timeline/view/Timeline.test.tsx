// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { produce } from "immer";
import type { JSX } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EditorContext, type Editor } from "../../app";
import type { Project } from "../../generated/client";
import { useKeys } from "../../keys";
import { stage } from "../../testing/editor";
import { addTransition } from "../model/transitions";
import { addClips, emptyProject } from "../testing/project";
import { DRAGGED_TRANSITION } from "./dropping";
import { Timeline } from "./Timeline";

const SCALE = 4;

beforeEach(() => {
  vi.stubGlobal("ResizeObserver", class {
    observe(): void {}
    disconnect(): void {}
  });
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
  vi.spyOn(Element.prototype, "getBoundingClientRect").mockReturnValue(new DOMRect(0, 0, 1200, 300));
  Object.assign(Element.prototype, { setPointerCapture: () => {}, hasPointerCapture: () => false });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function Page({ editor }: { editor: Editor }): JSX.Element {
  useKeys(editor);
  return (
    <EditorContext.Provider value={editor}>
      <Timeline />
    </EditorContext.Provider>
  );
}

/** V1: a 0–50, b 50–100, c 120–150. A1: s 0–50. */
function project(): Project {
  return produce(emptyProject(), (draft) => {
    addClips(draft, "video", { a: [0, 50], b: [50, 100], c: [120, 150] });
    addClips(draft, "audio", { s: [0, 50] });
    for (const track of draft.tracks) if (track.kind !== "subtitle") for (const clip of track.clips) clip.name = `Clip ${clip.id}`;
  });
}

async function open(document = project()): Promise<Editor> {
  const { editor } = await stage(document);
  render(<Page editor={editor} />);
  return editor;
}

const user = userEvent.setup();
const clip = (name: string): HTMLElement => screen.getByRole("button", { name: new RegExp(`^Clip ${name},`, "u") });
const from = (name: string): string => /, (\S+) to/u.exec(clip(name).getAttribute("aria-label") ?? "")?.[1] ?? "";
const to = (name: string): string => clip(name).getAttribute("aria-label")?.split(" to ")[1] ?? "";
const steps = (editor: Editor): number => editor.live.store.getState().history.undo.length;

/** Press on something, go by so many frames (and pixels down), and let go unless told otherwise. */
async function drag(target: Element, frames: number, { down = 0, release = true } = {}): Promise<void> {
  const [x, y] = [400, 60];
  await user.pointer([
    { keys: "[MouseLeft>]", target, coords: { clientX: x, clientY: y } },
    { target, coords: { clientX: x + (frames * SCALE) / 2, clientY: y } },
    { target, coords: { clientX: x + frames * SCALE, clientY: y + down } },
  ]);
  if (release) await user.pointer({ keys: "[/MouseLeft]", target });
}

const part = (name: string, which: string): Element => clip(name).querySelector(`[data-part=${which}]`) ?? clip(name);

describe("the timeline", () => {
  it("draws what is near, of a thousand clips", async () => {
    const clips = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`k${index}`, [index * 25, index * 25 + 25] as const]));
    await open(produce(emptyProject(), (draft) => void addClips(draft, "video", clips)));
    const drawn = within(screen.getByRole("group", { name: "Clips of V1" })).getAllByRole("button");
    expect(drawn.length).toBeGreaterThan(5);
    expect(drawn.length).toBeLessThan(60);
  });

  it("moves a clip that is dragged, as one step of undo, and snaps it to its neighbour", async () => {
    const editor = await open();
    await drag(clip("c"), -19);
    expect([from("c"), to("c")]).toEqual(["0:00:04:00", "0:00:05:05"]);
    expect(steps(editor)).toBe(1);
    editor.live.undo();
    expect(await screen.findByRole("button", { name: /^Clip c, 0:00:04:20/u })).toBeTruthy();
  });

  it("gives a drag up by Escape", async () => {
    const editor = await open();
    await drag(clip("c"), 40, { release: false });
    expect(editor.timeline.getState().gesture).toMatchObject({ kind: "move" });
    await user.keyboard("{Escape}");
    await user.pointer({ keys: "[/MouseLeft]" });
    expect([from("c"), steps(editor), editor.timeline.getState().gesture]).toEqual(["0:00:04:20", 0, null]);
  });

  it("trims by a clip's edge, and moves what follows when it ripples", async () => {
    await open();
    await drag(part("b", "tail"), -20);
    expect([to("b"), from("c")]).toEqual(["0:00:03:05", "0:00:04:20"]);
    await user.click(screen.getByRole("button", { name: /^Ripple/u }));
    await drag(part("b", "tail"), -20);
    expect([to("b"), from("c")]).toEqual(["0:00:02:10", "0:00:04:00"]);
  });

  it("fades by a handle", async () => {
    const editor = await open();
    await user.pointer([
      { keys: "[MouseLeft>]", target: part("a", "fadeIn"), coords: { clientX: 190, clientY: 60 } },
      { target: part("a", "fadeIn"), coords: { clientX: 188 + 25 * SCALE, clientY: 60 } },
      { keys: "[/MouseLeft]", target: part("a", "fadeIn") },
    ]);
    const [track] = editor.live.store.getState().document.tracks;
    expect(track?.kind === "video" && track.clips[0]).toMatchObject({ fadeIn: 1, audioFadeIn: 1 });
  });

  it("selects by clicks, with Control more than one, and by a frame drawn over clips", async () => {
    const editor = await open();
    await user.click(clip("a"));
    await user.keyboard("{Control>}");
    await user.click(clip("c"));
    await user.keyboard("{/Control}");
    expect([...editor.selection.getState().clips]).toEqual(["a", "c"]);
    expect(clip("a").getAttribute("aria-pressed")).toBe("true");
    await user.click(clip("b"));
    expect([...editor.selection.getState().clips]).toEqual(["b"]);
    const lane = screen.getByRole("group", { name: "Clips of V1" });
    await user.pointer([
      { keys: "[MouseLeft>]", target: lane, coords: { clientX: 188 + 110 * SCALE, clientY: 40 } },
      { target: lane, coords: { clientX: 188 + 10 * SCALE, clientY: 70 } },
      { keys: "[/MouseLeft]", target: lane },
    ]);
    expect([...editor.selection.getState().clips]).toEqual(["a", "b"]);
  });

  it("is worked by keys alone", async () => {
    const editor = await open();
    clip("a").focus();
    await user.keyboard("{Control>}{ArrowRight}{/Control}");
    await vi.waitFor(() => expect(document.activeElement).toBe(clip("b")));
    await user.keyboard("{Enter}{Alt>}{ArrowRight}{/Alt}");
    expect(from("b")).toBe("0:00:02:01");
    await user.keyboard("{Control>}cz{/Control}");
    expect(from("b")).toBe("0:00:02:00");
    editor.playback.store.setState({ frame: 60 });
    await user.keyboard("s");
    expect(screen.getAllByRole("button", { name: /^Clip b,/u })).toHaveLength(2);
    await user.keyboard("{Control>}z{/Control}{Shift>}{Delete}{/Shift}");
    expect([screen.queryByRole("button", { name: /^Clip b,/u }), from("c")]).toEqual([null, "0:00:02:20"]);
    editor.playback.store.setState({ frame: 200 });
    await vi.waitFor(() => expect(document.activeElement?.closest("[data-zone=timeline]")).not.toBeNull());
    await user.keyboard("{Control>}v{/Control}");
    expect(from("b")).toBe("0:00:08:00");
  });

  it("pastes one copy behind the other, also behind the last clip", async () => {
    const editor = await open();
    await user.click(clip("a"));
    await user.keyboard("{Control>}c{/Control}{End}");
    expect(editor.playback.frame).toBe(150);
    await user.keyboard("{Control>}vv{/Control}");
    expect([from("c"), to("c")]).toEqual(["0:00:04:20", "0:00:06:00"]);
    const copies = screen.getAllByRole("button", { name: /^Clip a,/u }).map((each) => each.getAttribute("aria-label"));
    expect(copies).toEqual(["Clip a, 0:00:00:00 to 0:00:02:00", "Clip a, 0:00:06:00 to 0:00:08:00", "Clip a, 0:00:08:00 to 0:00:10:00"]);
    expect(editor.playback.frame).toBe(250);
  });

  it("adds a transition at the cut that is nearest, and removes it", async () => {
    const editor = await open();
    editor.playback.store.setState({ frame: 52 });
    await user.click(clip("b"));
    await user.keyboard("t");
    const transition = await screen.findByRole("button", { name: "Transition fade" });
    await user.click(transition);
    expect(editor.selection.getState().transition).not.toBeNull();
    await user.keyboard("{Delete}");
    expect(screen.queryByRole("button", { name: "Transition fade" })).toBeNull();
  });

  it("lengthens a transition on both sides of its cut", async () => {
    const editor = await open(produce(project(), (draft) => void addTransition(draft, { track: draft.tracks[0]?.id ?? "", frame: 50, type: "fade", frames: 10 })));
    await drag(screen.getByRole("button", { name: "Transition fade" }), 5);
    const [track] = editor.live.store.getState().document.tracks;
    expect(track?.kind === "video" && track.transitions[0]?.duration).toBe(0.8);
  });

  it("takes a transition that is dropped near a cut, and no other", async () => {
    const editor = await open();
    const lane = screen.getByRole("group", { name: "Clips of V1" });
    const dataTransfer = { types: [DRAGGED_TRANSITION], getData: (type: string) => (type === DRAGGED_TRANSITION ? "fade" : ""), dropEffect: "none" };
    // jsdom knows no DragEvent. Whether the event was left alone:
    const fire = (type: "dragover" | "drop", frame: number): boolean => {
      const event = new MouseEvent(type, { bubbles: true, cancelable: true, clientX: 188 + frame * SCALE, clientY: 40 });
      return fireEvent(lane, Object.assign(event, { dataTransfer }));
    };
    expect([fire("dragover", 200), fire("drop", 200)]).toEqual([true, false]);
    expect(screen.queryByRole("button", { name: "Transition fade" })).toBeNull();
    expect(fire("dragover", 48)).toBe(false);
    expect(editor.timeline.getState().gesture).toMatchObject({ kind: "drop", first: 38, frames: 25, snappedAt: 50 });
    fire("drop", 48);
    expect(await screen.findByRole("button", { name: "Transition fade" })).toBeTruthy();
  });

  it("has a menu for what it is opened on", async () => {
    await open();
    await user.pointer({ keys: "[MouseRight]", target: clip("b") });
    await user.click(screen.getByRole("menuitem", { name: /^Delete and close the gap/u }));
    expect([screen.queryByRole("button", { name: /^Clip b,/u }), from("c")]).toEqual([null, "0:00:02:20"]);
  });

  it("switches, names and removes tracks", async () => {
    const editor = await open();
    const head = within(screen.getByRole("group", { name: "Track A1" }));
    await user.click(head.getByRole("button", { name: "Mute: A1" }));
    expect(head.getByRole("button", { name: "Mute: A1" }).getAttribute("aria-pressed")).toBe("true");
    expect(editor.live.store.getState().document.tracks[1]).toMatchObject({ muted: true });
    const name = head.getByRole("textbox", { name: "Name of the track A1" });
    await user.clear(name);
    await user.type(name, "Music{Enter}");
    await user.click(screen.getByRole("button", { name: "More of Music" }));
    await user.click(screen.getByRole("menuitem", { name: "Remove track" }));
    expect(screen.queryByRole("group", { name: "Track Music" })).toBeNull();
    expect(steps(editor)).toBe(3);
  });

  it("leaves a track its name where a new one is given up", async () => {
    const editor = await open();
    const name = screen.getByRole("textbox", { name: "Name of the track A1" });
    await user.type(name, " and more{Escape}");
    expect(name).toHaveProperty("value", "A1");
    expect(steps(editor)).toBe(0);
  });

  it("leaves what lies on a locked track", async () => {
    const editor = await open();
    await user.click(screen.getByRole("button", { name: "Lock: V1" }));
    await drag(clip("c"), 40);
    await user.keyboard("{Delete}");
    expect([from("c"), steps(editor)]).toEqual(["0:00:04:20", 1]);
  });
});
