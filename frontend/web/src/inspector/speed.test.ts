import { produce } from "immer";
import { describe, expect, it } from "vitest";
import type { Clip } from "../generated/client";
import { ratio, type Ratio } from "../project/time";
import { addClips, clipOf, emptyProject } from "../timeline/testing/project";
import { setSpeed } from "./edits";

/** A clip of so many frames, from second 100 of its source on, played at a speed. */
function played(frames: number, speed: number, length: Ratio | null = null): Clip {
  const project = produce(emptyProject(), (draft) => void addClips(draft, "video", { a: [0, frames] }));
  return clipOf(
    produce(project, (draft) => setSpeed(draft, ["a"], speed, project, () => length)),
    "a",
  );
}

describe("the speed of a clip", () => {
  it("leaves it the whole frames for which its source lasts", () => {
    expect(played(50, 3)).toMatchObject({ speed: 3, duration: 0.64 });
    expect(played(50, 0.5)).toMatchObject({ speed: 0.5, duration: 4 });
    expect(played(50, 60)).toMatchObject({ speed: 60, duration: 0.04 });
  });

  it("shows nothing beyond the source's end, and stays where not even a frame would be left", () => {
    expect(played(50, 0.5, ratio(101n))).toMatchObject({ speed: 0.5, duration: 2 });
    expect(played(2, 100, ratio(102n))).toMatchObject({ speed: 1, duration: 0.08 });
  });
});
