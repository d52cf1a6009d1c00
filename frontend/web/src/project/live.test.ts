import { afterEach, describe, expect, it, vi } from "vitest";
import { RpcError, type Project, type ProjectUpdate } from "../generated/client";
import { MockTransport } from "../transport/mock";
import { Session } from "../transport/session";
import { apply, type Change } from "./changes";
import { LiveProject, type Trouble } from "./live";
import type { Reopened } from "./opening";

type Doc = { name: string; tracks: { id: string; clips: { id: string; start: number }[] }[] };

const START: Doc = { name: "", tracks: [{ id: "v", clips: [{ id: "a", start: 0 }, { id: "b", start: 1 }] }] };

function rpcError(kind: "projectConflict" | "invalidProject" | "projectNotOpen" | "busy" | "shuttingDown" | "internal"): RpcError {
  return new RpcError(1, kind, { kind, context: {}, causes: [], suggestion: null, retryable: kind === "busy", traceId: "" } as never);
}

/** As much of a sidecar as a live project sees. Answers wait until `answer`, where they are held. */
class Held {
  document = START;
  revision = 1;
  projectId = "p";
  open = true;
  held: (() => void)[] = [];
  hold = false;
  refuse: ((update: ProjectUpdate) => RpcError | null) | null = null;
  readonly updates: ProjectUpdate[] = [];
  readonly basePaths: unknown[] = [];
  /** What happens while one of these is answered. */
  during: Partial<Record<"get" | "validate" | "load", () => void>> = {};
  transport: MockTransport | null = null;

  reach = async (): Promise<MockTransport> => {
    this.transport = new MockTransport({
      initialize: () => ({}) as never,
      "project.get": () => {
        this.during.get?.();
        if (!this.open) throw rpcError("projectNotOpen");
        return { revision: this.revision, savedRevision: null, project: this.document as never };
      },
      "project.validate": () => {
        this.during.validate?.();
        return { problems: [], duration: "1", frames: 25 } as never;
      },
      "project.open": ({ project, basePath }) => {
        this.basePaths.push(basePath);
        this.open = true;
        this.revision = 1;
        this.document = project as never;
        return { projectId: this.projectId, revision: 1, project: project as never, problems: [], duration: "1", frames: 25, recovery: null };
      },
      "project.load": () => {
        this.during.load?.();
        this.open = true;
        this.revision = 1;
        const file = { path: "/film.json", bytes: 1, fingerprint: "f" };
        return { projectId: this.projectId, revision: 1, project: this.document as never, problems: [], duration: "1", frames: 25, recovery: null, migratedFrom: null, file };
      },
      "project.update": async (update) => {
        if (this.hold) await new Promise<void>((resolve) => this.held.push(resolve));
        this.updates.push(update);
        if (!this.open) throw rpcError("projectNotOpen");
        const refusal = this.refuse?.(update);
        if (refusal) throw refusal;
        if (update.baseRevision !== this.revision) throw rpcError("projectConflict");
        this.document = patched(this.document, update.patch ?? []);
        return { revision: ++this.revision, problems: [], changed: { picture: [], sound: [] }, duration: "1", frames: 25 };
      },
    });
    return this.transport;
  };

  answer(): void {
    for (const resolve of this.held.splice(0)) resolve();
  }

  /** Somebody else's edit. */
  foreign(changes: Change[]): void {
    this.document = apply(this.document, changes).document;
    this.revision++;
    this.transport?.emit("project.changed", { projectId: "p", revision: this.revision, by: "other", changed: { picture: [], sound: [] }, saved: false });
  }
}

/** The operations that edits of these tests make, by the letter of RFC 6902. */
function patched(document: Doc, patch: NonNullable<ProjectUpdate["patch"]>): Doc {
  const copy = structuredClone(document);
  for (const { op, path, value } of patch) {
    const parts = path.split("/").slice(1);
    const last = parts.pop() ?? "";
    const target = parts.reduce<unknown>((found, part) => (found as Record<string, unknown>)[part], copy);
    if (Array.isArray(target)) target.splice(Number(last), op === "add" ? 0 : 1, ...(op === "remove" ? [] : [value]));
    else (target as Record<string, unknown>)[last] = value;
  }
  return copy;
}

const sessions: Session[] = [];
afterEach(() => {
  for (const session of sessions.splice(0)) session.close();
});

async function opened(path: string | null = null): Promise<{ sidecar: Held; live: LiveProject; troubles: Trouble[]; doc: () => Doc }> {
  const sidecar = new Held();
  const session = new Session(sidecar.reach, { client: { name: "t", version: "1" } });
  sessions.push(session);
  void session.run();
  await vi.waitFor(() => expect(session.store.getState().state).toBe("connected"));
  const troubles: Trouble[] = [];
  const project = START as unknown as Project;
  const start: Reopened = { projectId: "p", revision: 1, savedRevision: null, path, project, problems: [], duration: "1", frames: 25 };
  const live = new LiveProject(session, start, (trouble) => troubles.push(trouble));
  return { sidecar, live, troubles, doc: () => live.store.getState().document as unknown as Doc };
}

const move = (live: LiveProject, id: string, start: number, merge?: string): void =>
  live.edit(
    "move",
    (draft) => {
      for (const clip of (draft as unknown as Doc).tracks[0]?.clips ?? []) if (clip.id === id) clip.start = start;
    },
    merge === undefined ? {} : { merge },
  );

describe("a live project", () => {
  it("shows an edit at once, and sends edits in order, one at a time", async () => {
    const { sidecar, live, doc } = await opened();
    sidecar.hold = true;
    move(live, "a", 5);
    move(live, "b", 6);
    expect(doc().tracks[0]?.clips.map(({ start }) => start)).toEqual([5, 6]);
    await vi.waitFor(() => expect(sidecar.held).toHaveLength(1));
    sidecar.hold = false;
    sidecar.answer();
    await live.settled();
    expect(sidecar.updates.map(({ baseRevision, patch }) => [baseRevision, patch?.[0]?.path])).toEqual([
      [1, "/tracks/0/clips/0/start"],
      [2, "/tracks/0/clips/1/start"],
    ]);
    expect(sidecar.document).toEqual(doc());
    expect(live.store.getState().waiting).toBe(0);
  });

  it("joins the edits of a drag while one is under way, and to one step of undo", async () => {
    const { sidecar, live, doc } = await opened();
    sidecar.hold = true;
    for (let start = 1; start <= 9; start++) move(live, "a", start, "drag");
    await vi.waitFor(() => expect(sidecar.held).toHaveLength(1));
    sidecar.hold = false;
    sidecar.answer();
    await live.settled();
    expect(sidecar.updates.map(({ patch }) => patch?.map(({ value }) => value))).toEqual([[1], [9]]);
    expect(live.store.getState().history.undo).toHaveLength(1);
    live.undo();
    await live.settled();
    expect(doc()).toEqual(START);
    expect(sidecar.document).toEqual(START);
  });

  it("undoes and redoes without end, and forgets what was undone after another edit", async () => {
    const { sidecar, live, doc } = await opened();
    for (let start = 1; start <= 50; start++) move(live, "a", start);
    for (let count = 0; count < 50; count++) expect(live.undo()).toBe(true);
    expect(live.undo()).toBe(false);
    expect(doc()).toEqual(START);
    for (let count = 0; count < 20; count++) live.redo();
    await live.settled();
    expect(sidecar.document.tracks[0]?.clips[0]?.start).toBe(20);
    move(live, "b", 7);
    expect(live.redo()).toBe(false);
  });

  it("makes no edit of a recipe that changes nothing", async () => {
    const { sidecar, live } = await opened();
    move(live, "a", 0);
    await live.settled();
    expect(sidecar.updates).toEqual([]);
    expect(live.store.getState().history.undo).toEqual([]);
  });

  it("takes back what is refused, keeps what was made on top of it, and says so", async () => {
    const { sidecar, live, troubles, doc } = await opened();
    sidecar.refuse = ({ patch }) => (patch?.[0]?.value === 99 ? rpcError("invalidProject") : null);
    move(live, "a", 99);
    move(live, "b", 6);
    await live.settled();
    expect(doc().tracks[0]?.clips.map(({ start }) => start)).toEqual([0, 6]);
    expect(troubles).toMatchObject([{ kind: "refused", label: "move" }]);
    expect(live.store.getState().history.undo).toHaveLength(1);
    live.undo();
    await live.settled();
    expect(sidecar.document).toEqual(START);
  });

  it("follows edits of others, and makes its own on top of them", async () => {
    const { sidecar, live, doc } = await opened();
    await vi.waitFor(() => expect(sidecar.transport?.sent.some(({ method }) => method === "events.subscribe")).toBe(true));
    sidecar.foreign([{ kind: "insert", at: ["tracks", { id: "v" }, "clips"], before: "a", value: { id: "new", start: 3 } }]);
    await vi.waitFor(() => expect(doc().tracks[0]?.clips[0]?.id).toBe("new"));
    sidecar.document = apply(sidecar.document, [{ kind: "set", at: ["name"], value: "theirs" }]).document;
    sidecar.revision++;
    move(live, "b", 8);
    await live.settled();
    expect(sidecar.document).toEqual(doc());
    expect(doc()).toMatchObject({ name: "theirs", tracks: [{ clips: [{ id: "new" }, { id: "a" }, { id: "b", start: 8 }] }] });
  });

  it("says that an edit is lost whose clip somebody else removed, also one that is undone", async () => {
    const { sidecar, live, troubles } = await opened();
    move(live, "a", 4);
    await live.settled();
    sidecar.document = apply(sidecar.document, [{ kind: "remove", at: ["tracks", { id: "v" }, "clips", { id: "a" }] }]).document;
    sidecar.revision++;
    move(live, "a", 5);
    await live.settled();
    live.undo();
    expect(troubles.map(({ kind }) => kind)).toEqual(["gone", "gone"]);
    expect(live.store.getState().document).toEqual(sidecar.document);
  });

  it("sends after a lost connection what had not arrived, and nothing twice", async () => {
    for (const arrived of [false, true]) {
      const { sidecar, live, troubles, doc } = await opened();
      sidecar.hold = true;
      live.edit("add", (draft) => void (draft as unknown as Doc).tracks[0]?.clips.push({ id: "c", start: 2 }));
      await vi.waitFor(() => expect(sidecar.held).toHaveLength(1));
      if (arrived) {
        sidecar.document = doc();
        sidecar.revision++;
      }
      sidecar.hold = false;
      sidecar.held = [];
      sidecar.transport?.lose("gone");
      move(live, "c", 3);
      await vi.waitFor(() => expect(sidecar.document).toEqual(doc()));
      await live.settled();
      expect(doc().tracks[0]?.clips.map(({ id, start }) => [id, start])).toEqual([["a", 0], ["b", 1], ["c", 3]]);
      expect(troubles).toEqual([]);
    }
  });

  it("gives a sidecar that was started anew everything that it had, and what waited", async () => {
    const { sidecar, live, troubles, doc } = await opened();
    move(live, "a", 5);
    await live.settled();
    sidecar.hold = true;
    move(live, "b", 6);
    await vi.waitFor(() => expect(sidecar.held).toHaveLength(1));
    Object.assign(sidecar, { open: false, document: START, projectId: "p-2", hold: false, held: [] });
    sidecar.transport?.lose("killed");
    await vi.waitFor(() => expect(troubles).toEqual([{ kind: "recovered" }]));
    await live.settled();
    expect(sidecar.document).toEqual(doc());
    expect(doc().tracks[0]?.clips.map(({ start }) => start)).toEqual([5, 6]);
    expect(live.store.getState().projectId).toBe("p-2");
    const listened = sidecar.transport?.sent.filter(({ method }) => method === "events.subscribe").map(({ params }) => params["projectId"]);
    expect(listened?.at(-1)).toBe("p-2");
    live.undo();
    live.undo();
    await live.settled();
    expect(sidecar.document).toEqual(START);
  });

  it("gives a sidecar back what its journal lacks: edits that it had answered, too", async () => {
    const { sidecar, live, troubles, doc } = await opened("/film.json");
    move(live, "a", 5);
    move(live, "b", 6);
    await live.settled();
    Object.assign(sidecar, { open: false, document: START });
    sidecar.transport?.lose("killed");
    await vi.waitFor(() => expect(troubles).toEqual([{ kind: "recovered" }]));
    await live.settled();
    expect(doc().tracks[0]?.clips.map(({ start }) => start)).toEqual([5, 6]);
    expect(sidecar.document).toEqual(doc());
  });

  it("keeps edits that are made while the project is taken up again", async () => {
    for (const [restarted, where] of [[true, "load"], [false, "get"], [false, "validate"]] as const) {
      const { sidecar, live, troubles, doc } = await opened("/film.json");
      for (let start = 1; start <= 6; start++) {
        move(live, "a", start);
        await live.settled();
      }
      if (restarted) Object.assign(sidecar, { open: false, document: START });
      sidecar.during[where] = () => {
        delete sidecar.during[where];
        move(live, "b", 7, "drag");
        move(live, "b", 8, "drag");
      };
      const before = sidecar.updates.length;
      sidecar.transport?.lose("killed");
      await vi.waitFor(() => expect(sidecar.document.tracks[0]?.clips.map(({ start }) => start)).toEqual([6, 8]));
      await live.settled();
      expect(doc()).toEqual(sidecar.document);
      expect(troubles).toEqual(restarted ? [{ kind: "recovered" }] : []);
      expect(live.store.getState().revision).toBe(sidecar.revision);
      // None was sent with the revision of another time.
      expect(sidecar.updates.length - before).toBe(restarted ? 2 : 1);
    }
  });

  it("undoes its own part of a drag, and nothing that others did in the midst of it", async () => {
    const { sidecar, live, doc } = await opened();
    for (let start = 1; start <= 9; start++) {
      move(live, "a", start, "drag");
      await live.settled();
      if (start === 5) {
        sidecar.document = apply(sidecar.document, [{ kind: "set", at: ["name"], value: "theirs" }]).document;
        sidecar.revision++;
      }
    }
    live.undo();
    await live.settled();
    expect(doc()).toEqual({ ...START, name: "theirs" });
    expect(sidecar.document).toEqual(doc());
    expect(sidecar.updates.at(-1)?.patch).toHaveLength(1);
    live.redo();
    await live.settled();
    expect(sidecar.document).toMatchObject({ name: "theirs", tracks: [{ clips: [{ start: 9 }, { start: 1 }] }] });
  });

  it("makes a step of what the sidecar did itself, and none of what waited beside it", async () => {
    const { sidecar, live, doc } = await opened();
    await live.editBy("relink", async () => {
      move(live, "b", 8);
      sidecar.document = apply(sidecar.document, [{ kind: "set", at: ["name"], value: "found" }]).document;
      sidecar.revision++;
    });
    await live.settled();
    expect(sidecar.updates.map(({ baseRevision }) => baseRevision)).toEqual([2]);
    expect(live.undo()).toBe(true);
    await live.settled();
    expect(doc()).toMatchObject({ name: "", tracks: [{ clips: [{ start: 0 }, { start: 8 }] }] });
    expect(sidecar.document).toEqual(doc());
  });

  it("has no step for what never happened, and gives one back that could not be undone", async () => {
    const { sidecar, live, troubles, doc } = await opened();
    move(live, "a", 4);
    await live.settled();
    sidecar.document = apply(sidecar.document, [{ kind: "remove", at: ["tracks", { id: "v" }, "clips", { id: "b" }] }]).document;
    sidecar.revision++;
    move(live, "b", 5);
    await live.settled();
    expect(live.store.getState().history.undo).toHaveLength(1);
    for (const [act, there] of [[() => live.undo(), { undo: 1, redo: 0 }], [() => live.redo(), { undo: 0, redo: 1 }]] as const) {
      sidecar.refuse = () => rpcError("invalidProject");
      act();
      await live.settled();
      const { undo, redo } = live.store.getState().history;
      expect({ undo: undo.length, redo: redo.length }).toEqual(there);
      sidecar.refuse = null;
      act();
      await live.settled();
    }
    expect(doc()).toEqual(sidecar.document);
    expect(troubles.map(({ kind }) => kind)).toEqual(["gone", "refused", "refused"]);
  });

  it("drops of a drag the part alone that was refused", async () => {
    const { sidecar, live, doc } = await opened();
    sidecar.refuse = ({ patch }) => (patch?.[0]?.value === 99 ? rpcError("invalidProject") : null);
    move(live, "a", 3, "drag");
    await live.settled();
    sidecar.hold = true;
    move(live, "a", 99, "drag");
    move(live, "b", 6, "drag");
    await vi.waitFor(() => expect(sidecar.held).toHaveLength(1));
    sidecar.hold = false;
    sidecar.answer();
    await live.settled();
    expect(doc().tracks[0]?.clips.map(({ start }) => start)).toEqual([3, 6]);
    expect(live.store.getState().history.undo).toHaveLength(1);
    live.undo();
    await live.settled();
    expect(sidecar.document).toEqual(START);
  });

  it("tries again what cannot be done now, and opens again what is not open any more", async () => {
    for (const kind of ["busy", "shuttingDown", "projectNotOpen"] as const) {
      const { sidecar, live, troubles, doc } = await opened();
      if (kind === "projectNotOpen") sidecar.open = false;
      else sidecar.refuse = () => (sidecar.updates.length < 2 ? rpcError(kind) : null);
      move(live, "a", 5);
      await live.settled();
      expect(sidecar.updates).toHaveLength(2);
      expect(sidecar.document.tracks[0]?.clips[0]?.start).toBe(5);
      expect(doc()).toEqual(sidecar.document);
      expect(troubles).toEqual(kind === "projectNotOpen" ? [{ kind: "recovered" }] : []);
    }
  });

  it("does not wait for ever for what does not go on, and goes on with the next edit", async () => {
    const { sidecar, live, troubles } = await opened();
    sidecar.revision++;
    sidecar.during.get = () => {
      throw rpcError("internal");
    };
    move(live, "a", 5);
    await expect(live.settled()).rejects.toMatchObject({ data: { kind: "internal" } });
    expect(troubles).toMatchObject([{ kind: "refused" }]);
    delete sidecar.during.get;
    move(live, "b", 6);
    await live.settled();
    expect(sidecar.document.tracks[0]?.clips.map(({ start }) => start)).toEqual([5, 6]);
  });

  it("loads its file again until that works, and does without it only where it cannot be used", async () => {
    for (const [kind, basePaths] of [["busy", []], ["invalidProject", ["/films/"]]] as const) {
      const { sidecar, live, troubles } = await opened("/films/film.json");
      Object.assign(sidecar, { open: false });
      sidecar.during.load = () => {
        delete sidecar.during.load;
        throw rpcError(kind);
      };
      sidecar.transport?.lose("killed");
      await vi.waitFor(() => expect(troubles).toEqual([{ kind: "recovered" }]));
      expect(sidecar.basePaths).toEqual(basePaths);
      expect(live.store.getState().path).toBe(kind === "busy" ? "/film.json" : "/films/film.json");
    }
  });
});
