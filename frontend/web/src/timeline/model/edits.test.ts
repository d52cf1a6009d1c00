import { produce } from "immer";
import { describe, expect, it } from "vitest";
import type { Project } from "../../generated/client";
import { ratio } from "../../project/time";
import { addClips, clipOf, emptyProject } from "../testing/project";
import { copyClips, pasteClips } from "./clipboard";
import { mediaTracks, withCompanions } from "./document";
import { setFade } from "./fades";
import { insertMedia } from "./insert";
import { fitMove, moveClips, type Move } from "./move";
import { closeGap, gapAt, removeClips, rippleRemove } from "./remove";
import { splitClips } from "./split";
import { clipSpan, parseRate, projectRate } from "./time";
import { addTrack, changeTrack, isHeard, removeTrack } from "./tracks";
import { addTransition, changeTransition, transitionSpan } from "./transitions";
import { trimClips, trimmedWith, trimRoom, type Trim } from "./trim";

const LONG = (): ReturnType<typeof ratio> => ratio(1000n);

/** V1: a 0–50, b 50–100, c 120–150. V2: empty. A1: s 0–50, linked with a. */
function project(change: (draft: Project) => void = () => {}): Project {
  return produce(emptyProject(), (draft) => {
    addClips(draft, "video", { a: [0, 50], b: [50, 100], c: [120, 150] });
    addClips(draft, "video", {});
    addClips(draft, "audio", { s: [0, 50] });
    clipOf(draft, "a").link = clipOf(draft, "s").link = "take";
    change(draft);
  });
}

function spans(document: Project, track = 0): Record<string, [number, number]> {
  const clips = mediaTracks(document)[track]?.clips ?? [];
  const named = clips.map((clip) => [clip.id, clipSpan(clip, projectRate(document))] as const);
  return Object.fromEntries(named.map(([id, { first, end }]) => [String(id).startsWith("clip-") ? "new" : id, [first, end]]));
}

const move = (ids: string[], frames: number, tracks = 0): Move => ({ ids: new Set(ids), frames, tracks, kind: "video" });
const trim = (ids: string[], edge: Trim["edge"], mode: Trim["mode"], frames: number): Trim => ({ ids: new Set(ids), edge, mode, frames });

describe("moving", () => {
  it("cuts away what lies where a clip lands", () => {
    const after = produce(project(), (draft) => moveClips(draft, move(["c"], -30)));
    expect(spans(after)).toEqual({ a: [0, 50], b: [50, 90], c: [90, 120] });
  });

  it("parts a clip that reaches over both ends", () => {
    const before = project((draft) => addClips(draft, "video", { long: [0, 300] }));
    const after = produce(before, (draft) => moveClips(draft, move(["b"], 0, 2)));
    expect(spans(after, 3)).toEqual({ long: [0, 50], b: [50, 100], new: [100, 300] });
    const rest = mediaTracks(after)[3]?.clips.find((clip) => clip.id?.startsWith("clip-"));
    expect(rest?.sourceStart).toBe(104);
  });

  it("stops at zero and at the outermost track", () => {
    expect(fitMove(project(), move(["b", "c"], -80, 5))).toMatchObject({ frames: -50, tracks: 1 });
    expect(fitMove(project(), move(["a", "s"], -1))).toMatchObject({ frames: 0 });
  });

  it("takes no locked track", () => {
    const before = project((draft) => changeTrack(draft, draft.tracks[1]?.id ?? "", { locked: true }));
    expect(fitMove(before, move(["b"], 3, 1))).toMatchObject({ frames: 3, tracks: 0 });
  });

  it("takes transitions along to another track", () => {
    const before = project((draft) => void addTransition(draft, { track: draft.tracks[0]?.id ?? "", frame: 50, type: "fade", frames: 10 }));
    const after = produce(before, (draft) => moveClips(draft, move(["a", "b"], 5, 1)));
    expect(mediaTracks(after).map((track) => track.transitions.length)).toEqual([0, 1, 0]);
    const parted = produce(before, (draft) => moveClips(draft, move(["a"], 0, 1)));
    expect(mediaTracks(parted).flatMap((track) => track.transitions)).toEqual([]);
  });
});

describe("trimming", () => {
  it("stops at the neighbour, at the source and at the last frame", () => {
    const document = project((draft) => {
      clipOf(draft, "c").sourceStart = 0.4;
    });
    expect(trimRoom(document, trim(["a"], "tail", "plain", 0), LONG)).toEqual({ least: -49, most: 0 });
    expect(trimRoom(document, trim(["b"], "tail", "plain", 0), LONG)).toEqual({ least: -49, most: 20 });
    expect(trimRoom(document, trim(["c"], "head", "plain", 0), LONG)).toEqual({ least: -10, most: 29 });
    expect(trimRoom(document, trim(["c"], "tail", "plain", 0), () => ratio(2n))).toEqual({ least: -29, most: 10 });
  });

  it("moves what follows in ripple", () => {
    const longer = produce(project(), (draft) => trimClips(draft, trim(["a"], "tail", "ripple", 10), LONG));
    expect(spans(longer)).toEqual({ a: [0, 60], b: [60, 110], c: [130, 160] });
    const later = produce(project(), (draft) => trimClips(draft, trim(["b"], "head", "ripple", 10), LONG));
    expect(spans(later)).toEqual({ a: [0, 50], b: [50, 90], c: [110, 140] });
    expect(clipOf(later, "b").sourceStart).toBe(100.4);
  });

  it("moves a cut in roll, and the companions' with it", () => {
    expect(trimmedWith(project(), "a", "tail")).toEqual(new Set(["a", "s"]));
    const after = produce(project(), (draft) => trimClips(draft, trim(["a", "s"], "tail", "roll", -20), LONG));
    expect(spans(after)).toEqual({ a: [0, 30], b: [30, 100], c: [120, 150] });
    expect(spans(after, 2)).toEqual({ s: [0, 30] });
    expect(clipOf(after, "b").sourceStart).toBe(99.2);
  });

  it("lets a reversed clip's source run the other way", () => {
    const before = project((draft) => Object.assign(clipOf(draft, "c"), { reverse: true, speed: 2 }));
    const head = produce(before, (draft) => trimClips(draft, trim(["c"], "head", "plain", 10), LONG));
    const tail = produce(before, (draft) => trimClips(draft, trim(["c"], "tail", "plain", -10), LONG));
    expect([clipOf(head, "c").sourceStart, clipOf(tail, "c").sourceStart]).toEqual([100, 100.8]);
  });

  it("keeps keyframes on their pictures and shortens fades", () => {
    const before = project((draft) => {
      const keyframes = [0, 1].map((time) => ({ time, value: time, easing: "linear" as const }));
      Object.assign(clipOf(draft, "c"), { opacity: { keyframes }, fadeIn: 0.8, fadeOut: 0.4 });
    });
    const after = produce(before, (draft) => trimClips(draft, trim(["c"], "head", "plain", 20), LONG));
    expect(clipOf(after, "c")).toMatchObject({ opacity: { keyframes: [{ time: -0.8 }, { time: 0.2 }] }, fadeIn: 0.4, fadeOut: 0 });
  });
});

describe("splitting", () => {
  it("leaves every frame as it was", () => {
    let rests: string[] = [];
    const before = project((draft) => Object.assign(clipOf(draft, "a"), { fadeIn: 0.2, fadeOut: 0.4 }));
    const after = produce(before, (draft) => {
      rests = splitClips(draft, 20, null);
    });
    expect(rests).toHaveLength(2);
    const [rest = "", sound = ""] = rests;
    expect(clipOf(after, "a")).toMatchObject({ start: 0, duration: 0.8, fadeIn: 0.2, fadeOut: 0, link: "take" });
    expect(clipOf(after, rest)).toMatchObject({ start: 0.8, duration: 1.2, sourceStart: 100.8, fadeIn: 0, fadeOut: 0.4 });
    expect(withCompanions(after, [rest])).toEqual(new Set([rest, sound]));
  });

  it("hands a transition on to the second part", () => {
    let rests: string[] = [];
    const before = project((draft) => void addTransition(draft, { track: draft.tracks[0]?.id ?? "", frame: 50, type: "fade", frames: 40 }));
    const after = produce(before, (draft) => {
      rests = splitClips(draft, 40, new Set(["a"]));
    });
    const [transition] = mediaTracks(after)[0]?.transitions ?? [];
    expect(transition).toMatchObject({ from: rests[0], to: "b", duration: 0.84 });
  });

  it("splits nothing at an edge", () => {
    const before = project();
    expect(produce(before, (draft) => void splitClips(draft, 50, null))).toBe(before);
  });
});

describe("removing", () => {
  it("leaves a gap, or closes it", () => {
    expect(spans(produce(project(), (draft) => removeClips(draft, new Set(["a"]))))).toEqual({ b: [50, 100], c: [120, 150] });
    expect(spans(produce(project(), (draft) => rippleRemove(draft, new Set(["a", "b"]))))).toEqual({ c: [20, 50] });
  });

  it("closes the gap under a frame", () => {
    const [track] = mediaTracks(project());
    expect(track && gapAt(track, 110, parseRate("25"))).toEqual({ first: 100, end: 120 });
    expect(track && gapAt(track, 90, parseRate("25"))).toBeNull();
    const after = produce(project(), (draft) => closeGap(draft, draft.tracks[0]?.id ?? "", 110));
    expect(spans(after)).toEqual({ a: [0, 50], b: [50, 100], c: [100, 130] });
  });

  it("leaves nothing that refers to what is gone", () => {
    const before = project((draft) => {
      draft.groups.push({ id: "g", name: "", clips: ["c", "s"] });
      draft.export.range = [0, 6];
      clipOf(draft, "b").effects.push({ id: "e", type: "ducking", enabled: true, start: 0, end: null, mix: 1, parameters: { track: draft.tracks[2]?.id } });
    });
    const after = produce(before, (draft) => {
      removeClips(draft, new Set(["c"]));
      removeTrack(draft, draft.tracks[2]?.id ?? "");
    });
    expect(after.groups).toEqual([]);
    expect(after.export.range).toEqual([0, 4]);
    expect(clipOf(after, "b").effects[0]?.parameters).toEqual({ track: null });
  });
});

describe("pasting", () => {
  it("makes clips of its own, with the transition between them", () => {
    const before = project((draft) => void addTransition(draft, { track: draft.tracks[0]?.id ?? "", frame: 50, type: "fade", frames: 10 }));
    const clipboard = copyClips(before, new Set(["a", "b", "s"]));
    const after = produce(before, (draft) => {
      if (clipboard) pasteClips(draft, clipboard, { track: draft.tracks[1]?.id ?? null, frame: 200, landing: "overwrite" });
    });
    const [first, second, sound] = mediaTracks(after);
    expect(first?.clips).toHaveLength(3);
    expect(second?.clips.map((clip) => clipSpan(clip, projectRate(after)).first)).toEqual([200, 250]);
    expect(second?.transitions).toHaveLength(1);
    expect(sound?.clips).toHaveLength(2);
    expect(second?.clips[0]?.link).toBe(sound?.clips[1]?.link);
    expect(second?.clips[0]?.link).not.toBe("take");
  });

  it("moves what is there on, where it is inserted", () => {
    const clipboard = copyClips(project(), new Set(["c"]));
    const after = produce(project(), (draft) => {
      if (clipboard) pasteClips(draft, clipboard, { track: draft.tracks[0]?.id ?? null, frame: 50, landing: "insert" });
    });
    expect(spans(after)).toEqual({ a: [0, 50], new: [50, 80], b: [80, 130], c: [150, 180] });
  });
});

describe("inserting", () => {
  it("adds a track where none can hold a file", () => {
    const after = produce(emptyProject(), (draft) => {
      const at = { track: null, frame: 10, landing: "overwrite" } as const;
      insertMedia(draft, [{ media: "m1", picture: true, sound: true, seconds: ratio(2n) }], at);
      insertMedia(draft, [{ media: "m1", picture: false, sound: true, seconds: ratio(3n) }], at);
    });
    expect(after.tracks.map((track) => track.kind)).toEqual(["video", "audio"]);
    expect([Object.values(spans(after))[0], Object.values(spans(after, 1))[0]]).toEqual([[10, 60], [10, 85]]);
  });
});

describe("transitions", () => {
  it("are as long as both clips allow", () => {
    const before = project();
    let id: string | null = null;
    const after = produce(before, (draft) => {
      id = addTransition(draft, { track: draft.tracks[0]?.id ?? "", frame: 50, type: "fade", frames: 500 });
    });
    const [track] = mediaTracks(after);
    expect(track?.transitions[0]).toMatchObject({ id, from: "a", to: "b", duration: 4 });
    const shorter = produce(after, (draft) => changeTransition(draft, id ?? "", { frames: 11, align: "end" }));
    const [other] = mediaTracks(shorter);
    expect(other?.transitions[0] && transitionSpan(other.transitions[0], other, parseRate("25"))).toEqual({ first: 39, end: 50 });
  });

  it("lie at free ends, and are crossfades on audio tracks", () => {
    const after = produce(project(), (draft) => {
      addTransition(draft, { track: draft.tracks[0]?.id ?? "", frame: 150, type: "fade", frames: 25 });
      addTransition(draft, { track: draft.tracks[2]?.id ?? "", frame: 0, type: "wipeleft", frames: 25 });
    });
    expect(mediaTracks(after)[0]?.transitions[0]).toMatchObject({ from: "c", to: null });
    expect(mediaTracks(after)[2]?.transitions[0]).toMatchObject({ type: "crossfade", from: null, to: "s" });
  });

  it("shrink with their clips, and go with them", () => {
    const before = project((draft) => void addTransition(draft, { track: draft.tracks[0]?.id ?? "", frame: 50, type: "fade", frames: 40 }));
    const shorter = produce(before, (draft) => trimClips(draft, trim(["b"], "tail", "plain", -45), LONG));
    expect(mediaTracks(shorter)[0]?.transitions[0]?.duration).toBe(0.4);
    expect(mediaTracks(produce(before, (draft) => removeClips(draft, new Set(["b"]))))[0]?.transitions).toEqual([]);
  });
});

describe("fades and tracks", () => {
  it("leaves the other fade its room", () => {
    const after = produce(project(), (draft) => {
      setFade(draft, "a", "in", 30);
      setFade(draft, "a", "out", 90);
      setFade(draft, "s", "out", -3);
    });
    expect(clipOf(after, "a")).toMatchObject({ fadeIn: 1.2, fadeOut: 0.8, audioFadeIn: 1.2, audioFadeOut: 0.8 });
    expect(clipOf(after, "s")).toMatchObject({ fadeOut: 0, audioFadeOut: 0 });
  });

  it("hears solo tracks only, and keeps volumes in their range", () => {
    const after = produce(project(), (draft) => {
      const id = addTrack(draft, "audio") ?? "";
      changeTrack(draft, id, { solo: true, volume: 9 });
    });
    expect(after.tracks.map((track) => isHeard(after, track))).toEqual([false, false, false, true]);
    expect(mediaTracks(after)[3]?.volume).toBe(4);
  });
});
