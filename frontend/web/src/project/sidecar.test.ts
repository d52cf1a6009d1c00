/** A live project on the real sidecar, by WebSocket. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { Clip, Project } from "../generated/client";
import { TestSidecar } from "../testing/sidecar";
import { newClip } from "../timeline/model/clips";
import type { Session } from "../transport/session";
import { emptyProject } from "./create";
import { LiveProject, type Trouble } from "./live";
import { attach, load, openNew } from "./opening";
import { parse } from "./time";

const sidecar = new TestSidecar();
const RATE = parse("25");

beforeAll(() => sidecar.start());
afterAll(() => sidecar.stop());

async function connected(name?: string): Promise<Session> {
  const session = sidecar.session(name);
  await vi.waitFor(() => expect(session.store.getState().state).toBe("connected"), 15_000);
  return session;
}

function grey(first: number, frames = 25): Clip {
  return newClip({ kind: "color", color: "#808080" }, first, frames, RATE);
}

function add(live: LiveProject, clip: Clip): void {
  live.edit("add", (draft) => {
    const track = draft.tracks[0];
    if (track?.kind === "video") track.clips.push(clip);
  });
}

function clips(project: Project): Clip[] {
  const track = project.tracks[0];
  return track?.kind === "video" ? track.clips : [];
}

async function held(session: Session, live: LiveProject): Promise<Project> {
  return (await session.invoke("project.get", { projectId: live.store.getState().projectId })).project;
}

it("holds what the sidecar holds, after edits, a drag, undo and redo", async () => {
  const session = await connected();
  const troubles: Trouble[] = [];
  const live = new LiveProject(session, await openNew(session, emptyProject("edits")), (trouble) => troubles.push(trouble));
  for (let index = 0; index < 10; index++) add(live, grey(index * 25));
  for (let frame = 1; frame <= 30; frame++) {
    live.edit("drag", (draft) => void Object.assign(clips(draft)[9] as Clip, { start: 9 + frame / 25 }), { merge: "drag" });
  }
  for (let count = 0; count < 5; count++) live.undo();
  for (let count = 0; count < 3; count++) live.redo();
  await live.settled();
  const { document, frames, history } = live.store.getState();
  expect(await held(session, live)).toEqual(document);
  expect(clips(document)).toHaveLength(9);
  expect(frames).toBe(225);
  expect([history.undo.length, history.redo.length]).toEqual([9, 2]);
  expect(troubles).toEqual([]);
  await live.close();
});

it("takes back what the sidecar refuses", async () => {
  const session = await connected();
  const troubles: Trouble[] = [];
  const live = new LiveProject(session, await openNew(session, emptyProject("refused")), (trouble) => troubles.push(trouble));
  add(live, grey(0));
  live.edit("wrong", (draft) => void Object.assign(draft, { frameRate: "soon" }));
  add(live, grey(25));
  await live.settled();
  expect(troubles).toMatchObject([{ kind: "refused", label: "wrong" }]);
  expect(live.store.getState().document.frameRate).toBe("25");
  expect(await held(session, live)).toEqual(live.store.getState().document);
  await live.close();
});

it("follows another page of the same project, and both end with the same", async () => {
  const [session, other] = [await connected("one"), await connected("two")];
  const opened = await openNew(session, emptyProject("shared"));
  const report = (trouble: Trouble): void => expect(trouble).toBeNull();
  const live = new LiveProject(session, opened, report);
  const theirs = new LiveProject(other, await attach(other, opened.projectId, null), report);
  for (let index = 0; index < 8; index++) add(index % 2 === 0 ? live : theirs, grey(index * 25));
  await Promise.all([live.settled(), theirs.settled()]);
  await vi.waitFor(() => {
    expect(clips(live.store.getState().document)).toHaveLength(8);
    expect(theirs.store.getState().document).toEqual(live.store.getState().document);
  }, 10_000);
  expect(await held(session, live)).toEqual(live.store.getState().document);
  await live.close();
});

it("loses nothing when the sidecar is killed in the middle of edits: of a new project, and of one in a file", async () => {
  const session = await connected();
  for (const path of [null, join(sidecar.folder, "film.json")]) {
    const troubles: Trouble[] = [];
    const live = new LiveProject(session, await openNew(session, emptyProject("killed")), (trouble) => troubles.push(trouble));
    add(live, grey(0));
    if (path !== null) await live.save(path);
    for (let index = 1; index < 6; index++) add(live, grey(index * 25));
    await sidecar.kill();
    for (let index = 6; index < 9; index++) add(live, grey(index * 25));
    await sidecar.start();
    await vi.waitFor(() => expect(troubles).toEqual([{ kind: "recovered" }]), 15_000);
    await live.settled();
    const { document, history } = live.store.getState();
    expect(clips(document)).toHaveLength(9);
    expect(await held(session, live)).toEqual(document);
    expect(history.undo).toHaveLength(9);
    expect(live.store.getState().path).toBe(path);
    if (path !== null) await live.save();
    await live.close();
    const kept = path === null ? document : (await load(session, path, "ignore")).project;
    expect(clips(kept).map(({ id }) => id)).toEqual(clips(document).map(({ id }) => id));
  }
});
