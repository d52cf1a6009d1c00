/**
 * The open project: what the sidecar has, and on top of it the edits that it has not answered yet.
 *
 * An edit is seen at once and sent in order, one at a time. One that is refused is taken back. When somebody else has
 * edited meanwhile, or the sidecar was started anew, the project is read again and what waits is made on top of it.
 */
import { produce } from "immer";
import { createStore, type StoreApi } from "zustand/vanilla";
import { isRpcError, type ChangedRanges, type Problem, type Project, type Updated } from "../generated/client";
import type { Session } from "../transport/session";
import { apply, diff, Gone, sameJson, type Change } from "./changes";
import { EMPTY, forget, record, type Entry, type History } from "./history";
import { reopen, type Reopened } from "./opening";

export interface LiveState<Label extends string = string> {
  projectId: string;
  /** With every edit that was made, answered or not. */
  document: Project;
  /** What the sidecar has answered last; previews show that one. */
  revision: number;
  savedRevision: number | null;
  /** The project's file; null while it has none. */
  path: string | null;
  problems: Problem[];
  /** Exact seconds, and the same in frames. */
  duration: string;
  frames: number;
  /** The frames that the last revision changed. */
  changed: ChangedRanges;
  history: History<Label>;
  /** Edits that are not answered yet. */
  waiting: number;
}

/** What became of edits without the user's doing. */
export type Trouble<Label = string> =
  | { kind: "refused"; label: Label; error: unknown }
  /** Somebody else removed what it was about. */
  | { kind: "gone"; label: Label }
  | { kind: "recovered" };

export interface EditOptions {
  /** Edits with the same one join to a single step of undo: one for each drag, made with `crypto.randomUUID()`. */
  merge?: string;
}

interface Waiting<Label> {
  label: Label;
  changes: readonly Change[];
  merge: string | null;
  /** The document before it; where it has not been sent yet, more can join. */
  from: Project;
}

const UNCHANGED: ChangedRanges = { picture: [], sound: [] };

export class LiveProject<Label extends string = string> {
  readonly store: StoreApi<LiveState<Label>>;
  readonly #session: Session;
  readonly #report: (trouble: Trouble<Label>) => void;
  readonly #stops: (() => void)[] = [];
  #acknowledged: Project;
  #queue: Waiting<Label>[] = [];
  #flying = false;
  /** What the sidecar has if the update that is under way arrived, or was when the connection was lost. */
  #sent: Project | null = null;
  #seen: number;
  #idle: (() => void)[] = [];

  /** `report` hears what the user must be told. */
  constructor(session: Session, opened: Reopened, report: (trouble: Trouble<Label>) => void) {
    this.#session = session;
    this.#report = report;
    this.#acknowledged = opened.project;
    this.#seen = opened.revision;
    const { project, ...rest } = opened;
    this.store = createStore(() => ({ ...rest, document: project, changed: UNCHANGED, history: EMPTY, waiting: 0 }));
    this.#stops.push(session.onRenewed(() => this.#recover()));
    this.#listen();
  }

  /** Edit the document by a recipe on a draft of it, and return what that returns. One that changes nothing is no edit. */
  edit<R>(label: Label, recipe: (draft: Project) => R, { merge }: EditOptions = {}): R {
    const before = this.store.getState().document;
    let result: R | undefined;
    const after = produce(before, (draft) => {
      result = recipe(draft);
    });
    this.#make(label, before, after, merge ?? null);
    return result as R;
  }

  /** Whether there was something to undo. What cannot be undone any more is dropped and reported. */
  undo(): boolean {
    const { undo, redo } = this.store.getState().history;
    const entry = undo.at(-1);
    if (entry && this.#replay(entry, entry.inverse)) {
      this.store.setState({ history: { undo: undo.slice(0, -1), redo: [...redo, entry] } });
    }
    return entry !== undefined;
  }

  /** Whether there was something to redo. */
  redo(): boolean {
    const { undo, redo } = this.store.getState().history;
    const entry = redo.at(-1);
    if (entry && this.#replay(entry, entry.changes)) {
      this.store.setState({ history: { undo: [...undo, entry], redo: redo.slice(0, -1) } });
    }
    return entry !== undefined;
  }

  /** Resolves once every edit is answered. While the connection is lost it waits for the next. */
  async settled(): Promise<void> {
    if (this.#queue.length > 0 || this.#flying) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /**
   * Have the sidecar itself edit the project, as relinking does; it can be undone like any edit.
   *
   * `command` is given the revision that it starts from. Rejects with what it rejects with.
   */
  async editBy<R>(label: Label, command: (projectId: string, baseRevision: number) => Promise<R>): Promise<R> {
    await this.settled();
    const { projectId, revision, document } = this.store.getState();
    const result = await command(projectId, revision);
    await this.#refresh();
    this.#record(label, document, this.store.getState().document, null);
    return result;
  }

  /** Write the project to `path`, or to its file. Rejects with the sidecar's error. */
  async save(path?: string): Promise<void> {
    await this.settled();
    const { projectId } = this.store.getState();
    const saved = await this.#session.invoke("project.save", { project: { id: projectId }, path: path ?? null });
    this.store.setState({ path: saved.path, savedRevision: saved.revision });
    // A file elsewhere has other relative paths.
    if (path !== undefined) await this.#refresh();
  }

  /** Close it for good; edits that are not in its file are given up. */
  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    await this.#session.invoke("project.close", { projectId: this.store.getState().projectId, discard: true });
  }

  #make(label: Label, before: Project, after: Project, merge: string | null): void {
    if (after === before) return;
    this.#record(label, before, after, merge);
    this.#enqueue(label, before, after, merge);
  }

  #record(label: Label, before: Project, after: Project, merge: string | null): void {
    this.store.setState({ history: record(this.store.getState().history, label, before, after, merge) });
  }

  #enqueue(label: Label, before: Project, after: Project, merge: string | null): void {
    const last = this.#queue.at(-1);
    const joins = merge !== null && last?.merge === merge && !(this.#flying && this.#queue.length === 1);
    const from = joins ? last.from : before;
    if (joins) this.#queue.pop();
    const changes = diff(from, after);
    if (changes.length > 0) this.#queue.push({ label, changes, merge, from });
    this.store.setState({ document: after, waiting: this.#queue.length });
    void this.#pump();
  }

  #replay(entry: Entry<Label>, changes: readonly Change[]): boolean {
    const { document, history } = this.store.getState();
    try {
      this.#enqueue(entry.label, document, apply(document, changes).document, null);
      return true;
    } catch (error) {
      if (!(error instanceof Gone)) throw error;
      this.store.setState({ history: forget(history, entry) });
      this.#report({ kind: "gone", label: entry.label });
      return false;
    }
  }

  async #pump(): Promise<void> {
    if (this.#flying) return;
    this.#flying = true;
    try {
      while (this.#queue[0] || this.#seen > this.store.getState().revision) {
        await (this.#queue[0] ? this.#send(this.#queue[0]) : this.#refresh());
      }
    } catch (error) {
      // What waits goes on after the connection is back.
      if (!isRpcError(error, "connectionLost") && !isRpcError(error, "projectNotOpen")) throw error;
    } finally {
      this.#flying = false;
      this.store.setState({ waiting: this.#queue.length });
      if (this.#queue.length === 0) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  async #send(edit: Waiting<Label>): Promise<void> {
    const { projectId, revision } = this.store.getState();
    const { document, patch } = apply(this.#acknowledged, edit.changes);
    this.#sent = document;
    try {
      const updated = await this.#session.invoke("project.update", { projectId, baseRevision: revision, patch, label: edit.label });
      this.#queue.shift();
      this.#acknowledged = document;
      this.#take(updated);
    } catch (error) {
      if (isRpcError(error, "connectionLost") || isRpcError(error, "projectNotOpen")) throw error;
      if (isRpcError(error, "projectConflict")) await this.#refresh();
      else this.#refuse(edit, error);
    }
    this.#sent = null;
  }

  #take({ revision, problems, changed, duration, frames }: Updated): void {
    this.#seen = Math.max(this.#seen, revision);
    this.store.setState({ revision, problems, changed, duration, frames, waiting: this.#queue.length });
  }

  /** Take an edit back that the sidecar does not take. */
  #refuse(edit: Waiting<Label>, error: unknown): void {
    this.#queue.shift();
    const { history } = this.store.getState();
    const entry = history.undo.findLast(({ changes }) => sameJson(changes, edit.changes));
    if (entry) this.store.setState({ history: forget(history, entry) });
    this.#rebase(this.#acknowledged);
    this.#report({ kind: "refused", label: edit.label, error });
  }

  /** Read what the sidecar has, and make what waits on top of it. */
  async #refresh(): Promise<void> {
    const { projectId, document } = this.store.getState();
    const state = await this.#session.invoke("project.get", { projectId });
    const { problems, duration, frames } = await this.#session.invoke("project.validate", { project: { id: projectId }, media: "cached", forExport: false });
    this.#seen = Math.max(this.#seen, state.revision);
    const changed: ChangedRanges = sameJson(document, state.project) ? UNCHANGED : everything(frames);
    this.store.setState({ revision: state.revision, savedRevision: state.savedRevision, problems, duration, frames, changed });
    this.#rebase(state.project);
  }

  /** Make what waits on top of another state of the document. Parts that are equal stay the same objects. */
  #rebase(base: Project): void {
    this.#acknowledged = apply(this.#acknowledged, diff(this.#acknowledged, base)).document;
    const queue = this.#queue;
    let document = this.#acknowledged;
    this.#queue = [];
    for (const edit of queue) {
      try {
        const next = apply(document, edit.changes).document;
        this.#queue.push({ ...edit, from: document });
        document = next;
      } catch (error) {
        if (!(error instanceof Gone)) throw error;
        this.#report({ kind: "gone", label: edit.label });
      }
    }
    this.store.setState({ document, waiting: this.#queue.length });
  }

  #listen(): void {
    const { projectId } = this.store.getState();
    const stop = this.#session.listen(
      "project.changed",
      ({ payload }) => {
        this.#seen = Math.max(this.#seen, payload.revision);
        if (payload.saved) this.store.setState({ savedRevision: payload.revision });
        if (!this.#flying && this.#seen > this.store.getState().revision) void this.#pump();
      },
      { projectId },
    );
    this.#stops[1]?.();
    this.#stops[1] = stop;
  }

  /** After the connection is back: the project as the sidecar has it now, and all edits that it has not. */
  async #recover(): Promise<void> {
    const { projectId, path } = this.store.getState();
    const { restarted, project, ...rest } = await reopen(this.#session, { projectId, path, document: this.#acknowledged });
    const arrived = this.#sent !== null && sameJson(this.#sent, project);
    this.#sent = null;
    this.#seen = rest.revision;
    this.store.setState({ ...rest, changed: everything(rest.frames) });
    if (rest.projectId !== projectId) this.#listen();
    if (arrived || (restarted && !sameJson(this.#acknowledged, project))) {
      // The page has what the sidecar has, and more: its journal may lag behind.
      this.#adopt(project);
    } else {
      this.#rebase(project);
    }
    if (restarted) this.#report({ kind: "recovered" });
    void this.#pump();
  }

  /** Keep the document as it is, and have what the sidecar lacks of it wait as one edit. */
  #adopt(base: Project): void {
    const { document } = this.store.getState();
    const label = this.#queue[0]?.label ?? this.store.getState().history.undo.at(-1)?.label ?? ("" as Label);
    const changes = diff(base, document);
    this.#acknowledged = base;
    this.#queue = changes.length > 0 ? [{ label, changes, merge: null, from: base }] : [];
    this.store.setState({ waiting: this.#queue.length });
  }
}

function everything(frames: number): ChangedRanges {
  return { picture: [[0, frames]], sound: [[0, frames]] };
}
