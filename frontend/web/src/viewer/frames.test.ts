// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PreviewFrame } from "../generated/client";
import { MockTransport } from "../transport/mock";
import { Session } from "../transport/session";
import { Frames, type Shown, type Wanted } from "./frames";

const wanted = (frame: number, revision = 1, media: Wanted["media"] = "original"): Wanted => ({ projectId: "p", revision, frame, width: 640, media });

/** A sidecar whose pictures come when the test says so. */
class Pictures {
  readonly asked: number[] = [];
  readonly #waiting = new Map<number, (error?: Error) => void>();
  readonly transport = new MockTransport({
    initialize: () => ({}) as never,
    "preview.frame": (params: PreviewFrame) => {
      const frame = params.frame ?? 0;
      this.asked.push(frame);
      return new Promise((resolve, reject) => {
        this.#waiting.set(frame, (error) => (error ? reject(error) : resolve({ image: { url: `http://x/${frame}` }, frame, revision: 1 } as never)));
      });
    },
  });

  come(frame: number, error?: Error): void {
    this.#waiting.get(frame)?.(error);
  }

  get cancelled(): number {
    return this.transport.sent.filter(({ method }) => method === "$/cancelRequest").length;
  }
}

let pictures: Pictures;
let shown: number[];
let failed: number[];
let frames: Frames;
let session: Session;

beforeEach(async () => {
  Object.assign(HTMLImageElement.prototype, { decode: async () => {} });
  pictures = new Pictures();
  session = new Session(async () => pictures.transport, { client: { name: "t", version: "1" } });
  void session.run();
  await vi.waitUntil(() => session.store.getState().state === "connected");
  [shown, failed] = [[], []];
  frames = new Frames(
    session,
    ({ frame }: Shown) => shown.push(frame),
    (_, { frame }) => failed.push(frame),
  );
});
afterEach(() => session.close());

describe("frames", () => {
  it("asks for one at a time while the playhead is dragged, and of those that follow for the newest only", async () => {
    for (const frame of [1, 2, 3, 4]) frames.want(wanted(frame), true);
    expect(pictures.asked).toEqual([1]);
    pictures.come(1);
    await vi.waitFor(() => expect(pictures.asked).toEqual([1, 4]));
    pictures.come(4);
    await vi.waitFor(() => expect(shown).toEqual([1, 4]));
    expect(pictures.cancelled).toBe(0);
  });

  it("gives up what is being made when another frame is wanted for good", async () => {
    frames.want(wanted(1), true);
    frames.want(wanted(2), false);
    await vi.waitFor(() => expect(pictures.cancelled).toBe(1));
    pictures.come(1, Object.assign(new Error("cancelled"), { code: -32800, data: { kind: "cancelled", context: {} } }));
    await vi.waitFor(() => expect(pictures.asked).toEqual([1, 2]));
    pictures.come(2);
    await vi.waitFor(() => expect(shown).toEqual([2]));
    expect(failed).toEqual([]);
  });

  it("asks for a frame once, again after an edit, and again after the connection was lost", async () => {
    frames.want(wanted(1), false);
    pictures.come(1);
    await vi.waitFor(() => expect(shown).toEqual([1]));
    frames.want(wanted(1), false);
    expect(pictures.asked).toEqual([1]);
    frames.want(wanted(1, 2), false);
    pictures.come(1);
    await vi.waitFor(() => expect(shown).toEqual([1, 1]));
    frames.again();
    await vi.waitFor(() => expect(pictures.asked).toHaveLength(3));
  });

  it("asks for the film's own frame when the playhead is let go on one of a proxy", async () => {
    frames.want(wanted(1, 1, "proxy"), true);
    pictures.come(1);
    await vi.waitFor(() => expect(shown).toEqual([1]));
    frames.want(wanted(1), false);
    await vi.waitFor(() => expect(pictures.transport.sent.filter(({ method }) => method === "preview.frame").map(({ params }) => params["media"])).toEqual(["proxy", "original"]));
  });

  it("shows no picture after a later one, however long its decoding takes", async () => {
    let first: () => void = () => {};
    const decode = vi.fn<() => Promise<void>>().mockImplementationOnce(() => new Promise<void>((resolve) => (first = resolve))).mockResolvedValue(undefined);
    Object.assign(HTMLImageElement.prototype, { decode });
    frames.want(wanted(1), true);
    pictures.come(1);
    await vi.waitFor(() => expect(decode).toHaveBeenCalledOnce());
    frames.want(wanted(2), true);
    pictures.come(2);
    await vi.waitFor(() => expect(shown).toEqual([2]));
    first();
    await Promise.resolve();
    frames.want(wanted(3), true);
    pictures.come(3);
    await vi.waitFor(() => expect(shown).toContain(3));
    expect(shown).toEqual([2, 3]);
  });

  it("says what stands in the way, once", async () => {
    frames.want(wanted(5), false);
    pictures.come(5, Object.assign(new Error("no file"), { code: 1201, data: { kind: "mediaNotFound", context: { path: "a" } } }));
    await vi.waitFor(() => expect(failed).toEqual([5]));
    expect(pictures.asked).toEqual([5]);
  });
});
