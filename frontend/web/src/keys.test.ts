// @vitest-environment jsdom
import { afterEach, describe, expect, it } from "vitest";
import { commands } from "./commands";
import { BINDINGS, commandOf, keysOf, keysText } from "./keys";

afterEach(() => document.body.replaceChildren());

/** What a press means while this element has the focus. */
function press(html: string, init: KeyboardEventInit): string | null {
  document.body.innerHTML = html;
  const target = document.querySelector("[data-here]") ?? document.body;
  let meant: string | null = null;
  const hear = (event: KeyboardEvent): void => {
    meant = commandOf(event);
  };
  window.addEventListener("keydown", hear, { once: true });
  target.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, ...init }));
  return meant;
}

describe("keys", () => {
  it("mean one command in each part, and every one of them is there", () => {
    const seen = new Set<string>();
    for (const { command, keys, when } of BINDINGS) {
      expect(commands, command).toHaveProperty([command]);
      expect(seen, `${keys} ${when}`).not.toContain(`${keys} ${when}`);
      seen.add(`${keys} ${when}`);
    }
  });

  it("are places on the keyboard, whatever they type", () => {
    expect(press("", { code: "KeyJ", key: "о" })).toBe("viewer.backward");
    expect(press("", { code: "KeyZ", key: "я", ctrlKey: true })).toBe("edit.undo");
    expect(press("", { code: "KeyZ", key: "Я", ctrlKey: true, shiftKey: true })).toBe("edit.redo");
  });

  it("are left to fields, but for those that work anywhere", () => {
    const field = "<input data-here>";
    expect(press(field, { code: "KeyJ" })).toBeNull();
    expect(press(field, { code: "KeyZ", ctrlKey: true })).toBeNull();
    expect(press(field, { code: "KeyS", ctrlKey: true })).toBe("project.save");
    expect(press("<dialog open><button data-here></button></dialog>", { code: "KeyJ" })).toBeNull();
    expect(press("<input type=range data-here>", { code: "KeyJ" })).toBe("viewer.backward");
  });

  it("mean what the part that has the focus makes of them", () => {
    expect(press('<section data-zone="media"><div role="option" data-here></div></section>', { code: "Delete" })).toBe("media.remove");
    expect(press('<section data-zone="viewer"><div data-here></div></section>', { code: "Delete" })).not.toBe("media.remove");
  });

  it("press buttons and move sliders where these have the focus", () => {
    expect(press("<button data-here></button>", { code: "Space" })).toBeNull();
    expect(press("<button data-here></button>", { code: "KeyL" })).toBe("viewer.forward");
    expect(press("<input type=range data-here>", { code: "ArrowLeft" })).toBeNull();
    expect(press("", { code: "ArrowLeft" })).toBe("viewer.previous");
  });

  it("are heard on what has keys of its own only where it hears them", () => {
    expect(press("<div role=slider tabindex=0 data-here></div>", { code: "ArrowLeft" })).toBe("viewer.previous");
    const folded = "<details><summary data-here></summary></details>";
    expect([press(folded, { code: "Space" }), press(folded, { code: "Enter" })]).toEqual([null, null]);
    expect(press(folded, { code: "KeyJ" })).toBe("viewer.backward");
  });

  it("mean nothing while a dialog waits for its answer, wherever the focus is", () => {
    const asked = "<dialog open></dialog><button data-here></button>";
    expect(press(asked, { code: "KeyJ" })).toBeNull();
    expect(press(asked, { code: "KeyO", ctrlKey: true })).toBeNull();
    expect(press("<dialog></dialog><button data-here></button>", { code: "KeyJ" })).toBe("viewer.backward");
  });

  it("are written as people read them", () => {
    expect(keysText("Mod+Shift+KeyZ")).toBe("Ctrl+Shift+Z");
    expect(keysText("Shift+ArrowLeft")).toBe("Shift+←");
    expect(keysOf("app.shortcuts")).toBe("?");
  });
});
