// @vitest-environment jsdom
import { act, cleanup, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { EditorContext } from "../app";
import { stage } from "../testing/editor";
import { emptyProject } from "../timeline/testing/project";
import { Viewer } from "./Viewer";

beforeEach(() => {
  vi.stubGlobal(
    "ResizeObserver",
    class {
      readonly #hear: (entries: object[]) => void;
      constructor(hear: (entries: object[]) => void) {
        this.#hear = hear;
      }
      observe(): void {
        this.#hear([{ contentRect: { width: 640, height: 360 } }]);
      }
      disconnect(): void {}
    },
  );
  Object.assign(HTMLImageElement.prototype, { decode: async () => {} });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it("keeps what plays while the timeline is empty, and shows nothing of before", async () => {
  const { editor } = await stage(emptyProject(), { "preview.frame": () => ({ image: { url: "data:," }, revision: 1 }) as never });
  editor.live.store.setState({ frames: 50 });
  const { container } = render(
    <EditorContext.Provider value={editor}>
      <Viewer />
    </EditorContext.Provider>,
  );
  const video = container.querySelector("video");
  await waitFor(() => expect(container.querySelector(".still img")).not.toBeNull());
  act(() => editor.live.store.setState({ frames: 0 }));
  expect(screen.getByText("The timeline is empty")).toBeTruthy();
  expect(container.querySelector(".still img")).toBeNull();
  expect(container.querySelector(".screen")).toHaveProperty("hidden", true);
  act(() => editor.live.store.setState({ frames: 50 }));
  expect(container.querySelector(".screen")).toHaveProperty("hidden", false);
  expect(video).not.toBeNull();
  expect(container.querySelector("video")).toBe(video);
  editor.session.close();
});
