// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PlayState, PreviewPlay } from "../generated/client";
import { MockTransport } from "../transport/mock";
import { Session } from "../transport/session";
import { Player, type Begin, type Listener } from "./player";

const BEGIN: Begin = { projectId: "p", frame: 50, rate: 1, loop: null, width: 640, frameRate: "25" };

/** As much of a `<video>` as a player touches. */
function fakeVideo(): { video: HTMLVideoElement; present: (mediaTime: number) => void; refuse: (error: Error) => void } {
  const video = document.createElement("video");
  let waiting: VideoFrameRequestCallback | null = null;
  let refuse: (error: Error) => void = () => {};
  Object.assign(video, {
    canPlayType: (type: string) => (type.includes("mp4") ? "" : "probably"),
    requestVideoFrameCallback: (callback: VideoFrameRequestCallback) => {
      waiting = callback;
      return 0;
    },
    load: () => {},
    play: () => new Promise((_, reject) => (refuse = reject)),
  });
  return { video, present: (mediaTime) => waiting?.(0, { mediaTime } as VideoFrameCallbackMetadata), refuse: (error) => refuse(error) };
}

let transport: MockTransport;
let session: Session;
let asked: PreviewPlay[];
let frames: number[];
let ends: unknown[];
const listener: Listener = { at: (frame) => frames.push(frame), ended: (error) => ends.push(error) };

beforeEach(async () => {
  [asked, frames, ends] = [[], [], []];
  transport = new MockTransport({
    initialize: () => ({}) as never,
    "preview.play": (params) => {
      asked.push(params);
      return { playId: `play-${asked.length}`, stream: { url: "http://x/s" }, mediaTimeOrigin: "2" } as never;
    },
    "preview.stop": () => ({ at: null }),
  });
  session = new Session(async () => transport, { client: { name: "t", version: "1" } });
  void session.run();
  await vi.waitUntil(() => session.store.getState().state === "connected");
});
afterEach(() => session.close());

function tell(state: Partial<PlayState>): void {
  transport.emit("play.state", { anchor: { mediaTime: "0", frame: 50 }, state: "playing", error: null, ...state } as PlayState);
}

describe("a player", () => {
  it("tells which frame is on screen, after an edit by the anchor that the sidecar gives", async () => {
    const { video, present } = fakeVideo();
    await new Player(session, video, document.createElement("canvas")).play(BEGIN, listener);
    expect(asked).toMatchObject([{ from: { frame: 50 }, loop: false, range: null, codecs: ['video/webm; codecs="vp8, opus"', 'video/webm; codecs="vp9, opus"'] }]);
    for (const mediaTime of [0, 0.04, 0.9999]) present(mediaTime);
    await vi.waitUntil(() => transport.sent.some(({ method }) => method === "events.subscribe"));
    tell({ anchor: { mediaTime: "1", frame: 10 } });
    for (const mediaTime of [0.96, 1, 1.2]) present(mediaTime);
    expect(frames).toEqual([50, 51, 75, 74, 10, 15]);
  });

  it("counts backwards, twice as fast, where it plays so", async () => {
    const { video, present } = fakeVideo();
    await new Player(session, video, document.createElement("canvas")).play({ ...BEGIN, rate: -2, loop: [10, 60] }, listener);
    expect(asked).toMatchObject([{ loop: true, range: { from: { frame: 10 }, to: { frame: 61 } } }]);
    for (const mediaTime of [0, 0.04, 0.4]) present(mediaTime);
    expect(frames).toEqual([50, 48, 30]);
  });

  it("ends at the end, and with what the sidecar says is wrong", async () => {
    const { video } = fakeVideo();
    const player = new Player(session, video, document.createElement("canvas"));
    await player.play(BEGIN, listener);
    video.dispatchEvent(new Event("ended"));
    expect(ends).toEqual([null]);
    expect(asked.map(({ view }) => view)).toEqual(["viewer-1"]);
    await player.play(BEGIN, listener);
    expect(asked.map(({ view }) => view)).toEqual(["viewer-1", "viewer-0"]);
    await vi.waitUntil(() => transport.sent.filter(({ method }) => method === "events.subscribe").length === 2);
    video.dispatchEvent(new Event("error"));
    tell({ state: "failed", error: { kind: "mediaNotFound", context: { path: "/a.mp4" } } as never });
    await vi.waitFor(() => expect(ends).toMatchObject([null, { message: "Playing broke off: /a.mp4", data: { kind: "mediaNotFound" } }]));
  });

  it("says so where the browser does not let it play", async () => {
    const { video, refuse } = fakeVideo();
    await new Player(session, video, document.createElement("canvas")).play(BEGIN, listener);
    refuse(new Error("press something first"));
    await vi.waitFor(() => expect(ends).toEqual([new Error("press something first")]));
  });

  it("is silent about a play that was stopped, and ends one that was stopped before it came", async () => {
    const { video, present, refuse } = fakeVideo();
    const player = new Player(session, video, document.createElement("canvas"));
    const coming = player.play(BEGIN, listener);
    player.stop();
    await coming;
    expect(transport.sent.at(-1)).toMatchObject({ method: "preview.stop", params: { playId: "play-1" } });
    await player.play(BEGIN, listener);
    player.stop();
    present(1);
    refuse(new Error("aborted"));
    video.dispatchEvent(new Event("ended"));
    await Promise.resolve();
    expect([frames, ends]).toEqual([[], []]);
  });
});
