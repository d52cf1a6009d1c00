/**
 * Edits on their way to the sidecar: sent in order, one at a time, each until it is answered.
 *
 * One that is refused is taken back. When somebody else has edited meanwhile, or the sidecar was started anew, the
 * project is read again and what waits is made on top of it. Nothing is sent while the connection is lost, until the
 * project was taken up again.
 */
import type { StoreApi } from "zustand/vanilla";
import { isRpcError, type Project, type Updated } from "../generated/client";
import type { Session } from "../transport/session";
import { apply, diff, Gone, sameJson, type Change } from "./changes";
import { changesOf, forget, inverseOf, record, replace, turnBack, type Entry, type History } from "./history";
import { reopen } from "./opening";
import { everything, UNCHANGED, type LiveState, type Trouble } from "./state";

interface Waiting<Label> {
  readonly label: Label;
  readonly changes: readonly Change[];
  readonly merge: string | null;
  /** The document before it; where it has not been sent yet, more can join. */
  readonly from: Project;
  /** The piece of the history that it makes, or the step that it undoes or redoes; null for what a journal lacked. */
  readonly origin: { readonly way: "do" | "undo" | "redo"; readonly id: number } | null;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Milliseconds until what could not be done now is tried again. */
const AGAIN = [100, 200, 400, 800, 1600, 3000];

export class Queue<Label extends string> {
  readonly #session: Session;
  readonly #store: StoreApi<LiveState<Label>>;
  readonly #report: (trouble: Trouble<Label>) => void;
  readonly #stops: (() => void)[];
  #unlisten: () => void = () => {};
  /** What the sidecar has. */
  #acknowledged: Project;
  #waiting: Waiting<Label>[] = [];
  #flying = false;
  /** From the loss of a connection on until the project was taken up on the next. */
  #paused: boolean;
  /** The sidecar does not have the project open any more. */
  #missing = false;
  /** What the sidecar has if the first of what waits arrived; null while that was not sent. */
  #sent: Project | null = null;
  /** The newest revision that was heard of over this connection. */
  #seen: number;
  #count = 0;
  #attempts = 0;
  #waiters: Waiter[] = [];

  constructor(session: Session, store: StoreApi<LiveState<Label>>, report: (trouble: Trouble<Label>) => void) {
    this.#session = session;
    this.#store = store;
    this.#report = report;
    const { document, revision } = store.getState();
    this.#acknowledged = document;
    this.#seen = revision;
    this.#paused = session.store.getState().state !== "connected";
    this.#stops = [session.onRenewed(() => this.#recover()), session.store.subscribe(({ state, reason }) => this.#follow(state, reason))];
    this.#listen();
  }

  /** Show an edit, have it sent, and take it down in the history. It joins the last of its `merge` that was not sent. */
  edit(label: Label, before: Project, after: Project, merge: string | null): void {
    const { history } = this.#store.getState();
    const last = this.#joined(merge, history);
    const from = last?.from ?? before;
    const changes = diff(from, after);
    if (!last && changes.length === 0) return;
    const id = last?.origin?.id ?? ++this.#count;
    const piece = { id, changes, inverse: diff(after, from) };
    if (last) this.#waiting.pop();
    if (changes.length > 0) this.#waiting.push({ label, changes, merge, from, origin: { way: "do", id } });
    this.#show(after, last ? replace(history, id, changes.length > 0 ? piece : null) : record(history, label, merge, piece));
    void this.#pump();
  }

  /** Undo or redo a step of the history. What it changed may be gone: the step is dropped then, and that is reported. */
  replay(entry: Entry<Label>, way: "undo" | "redo"): void {
    const { document, history } = this.#store.getState();
    const { label, id } = entry;
    try {
      const after = apply(document, way === "undo" ? inverseOf(entry) : changesOf(entry)).document;
      const changes = diff(document, after);
      if (changes.length > 0) this.#waiting.push({ label, changes, merge: null, from: document, origin: { way, id } });
      this.#show(after, turnBack(history, id, way === "undo" ? "redo" : "undo"));
      void this.#pump();
    } catch (error) {
      if (!(error instanceof Gone)) throw error;
      this.#store.setState({ history: forget(history, id) });
      this.#report({ kind: "gone", label });
    }
  }

  /** Resolves once every edit is answered, if need be over the next connection. Rejects when that does not go on. */
  async settled(): Promise<void> {
    while (this.#waiting.length > 0 || this.#flying) await this.#turn();
  }

  /** Do something for which all edits must be answered and none be sent; edits wait. Rejects with what it rejects with. */
  async alone<R>(act: (projectId: string, revision: number) => Promise<R>): Promise<R> {
    while (this.#waiting.length > 0 || this.#flying || this.#paused) await this.#turn();
    this.#flying = true;
    try {
      const { projectId, revision } = this.#store.getState();
      return await act(projectId, revision);
    } finally {
      this.#flying = false;
      void this.#pump();
    }
  }

  /** Have the sidecar itself edit; what that changes, and not what waits, becomes a step of the history. */
  by<R>(label: Label, command: (projectId: string, baseRevision: number) => Promise<R>): Promise<R> {
    return this.alone(async (projectId, revision) => {
      const before = this.#acknowledged;
      const result = await command(projectId, revision);
      await this.refresh();
      const [changes, inverse] = [diff(before, this.#acknowledged), diff(this.#acknowledged, before)];
      const { history } = this.#store.getState();
      if (changes.length > 0) this.#store.setState({ history: record(history, label, null, { id: ++this.#count, changes, inverse }) });
      return result;
    });
  }

  /** Read what the sidecar has, and make what waits on top of it. Nothing may be sent meanwhile: see `alone`. */
  async refresh(): Promise<void> {
    const { projectId, document } = this.#store.getState();
    const state = await this.#session.invoke("project.get", { projectId });
    const { problems, duration, frames } = await this.#session.invoke("project.validate", { project: { id: projectId }, media: "cached", forExport: false });
    this.#seen = Math.max(this.#seen, state.revision);
    const changed = sameJson(document, state.project) ? UNCHANGED : everything(frames);
    this.#store.setState({ revision: state.revision, savedRevision: state.savedRevision, problems, duration, frames, changed });
    this.#arrive(state.project);
    this.#rebase(state.project);
  }

  /** Send nothing any more. */
  stop(): void {
    this.#paused = true;
    this.#unlisten();
    for (const stop of this.#stops) stop();
  }

  #joined(merge: string | null, { undo, redo }: History<Label>): Waiting<Label> | null {
    const last = this.#waiting.at(-1);
    if (!last || merge === null || last.merge !== merge || redo.length > 0) return null;
    if (this.#sent !== null && this.#waiting.length === 1) return null;
    return undo.at(-1)?.pieces.at(-1)?.id === last.origin?.id ? last : null;
  }

  #show(document: Project, history: History<Label>): void {
    this.#store.setState({ document, history, waiting: this.#waiting.length });
  }

  #turn(): Promise<void> {
    const { state, reason } = this.#session.store.getState();
    if (state === "failed") return Promise.reject(new Error(reason ?? state));
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      void this.#pump();
    });
  }

  /** Does not reject. What it cannot go on with waits for the next edit. */
  async #pump(): Promise<void> {
    if (this.#flying || this.#paused) return;
    this.#flying = true;
    try {
      while (!this.#paused && (this.#waiting.length > 0 || this.#missing || this.#seen > this.#store.getState().revision)) await this.#step();
    } catch (error) {
      // What waits goes on after the connection is back.
      if (!isRpcError(error, "connectionLost")) this.#stall(error);
    } finally {
      this.#flying = false;
      this.#store.setState({ waiting: this.#waiting.length });
      if (this.#waiting.length === 0) for (const { resolve } of this.#waiters.splice(0)) resolve();
    }
  }

  #stall(error: unknown): void {
    const label = this.#waiting[0]?.label;
    if (label !== undefined) this.#report({ kind: "refused", label, error });
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }

  async #step(): Promise<void> {
    try {
      if (this.#missing) return await this.#takeUp();
      await (this.#waiting[0] ? this.#send(this.#waiting[0]) : this.refresh());
      this.#attempts = 0;
    } catch (error) {
      if (!passes(error) || isRpcError(error, "connectionLost")) throw error;
      if (isRpcError(error, "projectNotOpen")) {
        this.#missing = true;
        this.#seen = 0;
      }
      const delay = AGAIN[Math.min(this.#attempts++, AGAIN.length - 1)];
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
  }

  async #send(edit: Waiting<Label>): Promise<void> {
    const { projectId, revision } = this.#store.getState();
    const { document, patch } = apply(this.#acknowledged, edit.changes);
    this.#sent = document;
    let unsure = false;
    try {
      const updated = await this.#session.invoke("project.update", { projectId, baseRevision: revision, patch, label: edit.label });
      this.#waiting.shift();
      this.#acknowledged = document;
      this.#take(updated);
    } catch (error) {
      unsure = isRpcError(error, "connectionLost") || isRpcError(error, "timeout");
      if (isRpcError(error, "projectConflict")) await this.refresh();
      else if (passes(error)) throw error;
      else this.#refuse(edit, error);
    } finally {
      if (!unsure) this.#sent = null;
    }
  }

  #take({ revision, problems, changed, duration, frames }: Updated): void {
    this.#seen = Math.max(this.#seen, revision);
    this.#store.setState({ revision, problems, changed, duration, frames, waiting: this.#waiting.length });
  }

  /** Take an edit back that the sidecar does not take. */
  #refuse({ label, origin }: Waiting<Label>, error: unknown): void {
    this.#waiting.shift();
    const { history } = this.#store.getState();
    if (origin) this.#store.setState({ history: origin.way === "do" ? replace(history, origin.id, null) : turnBack(history, origin.id, origin.way) });
    this.#rebase(this.#acknowledged);
    this.#report({ kind: "refused", label, error });
  }

  /** Where the sidecar has just what was sent, that arrived and only the answer did not. */
  #arrive(project: Project): void {
    if (this.#sent === null || !sameJson(this.#sent, project)) return;
    this.#waiting.shift();
    this.#acknowledged = this.#sent;
    this.#sent = null;
  }

  /** Make what waits on top of another state of the document. Parts that are equal stay the same objects. */
  #rebase(base: Project): void {
    this.#acknowledged = apply(this.#acknowledged, diff(this.#acknowledged, base)).document;
    let { history } = this.#store.getState();
    let document = this.#acknowledged;
    const gone: Waiting<Label>[] = [];
    const kept: Waiting<Label>[] = [];
    for (const edit of this.#waiting) {
      const { changes, origin } = edit;
      try {
        const next = apply(document, changes).document;
        if (origin?.way === "do") history = replace(history, origin.id, { id: origin.id, changes, inverse: diff(next, document) });
        kept.push({ ...edit, from: document });
        document = next;
      } catch (error) {
        if (!(error instanceof Gone)) throw error;
        gone.push(edit);
        if (origin) history = origin.way === "do" ? replace(history, origin.id, null) : forget(history, origin.id);
      }
    }
    this.#waiting = kept;
    this.#show(document, history);
    for (const { label } of gone) this.#report({ kind: "gone", label });
  }

  #listen(): void {
    const { projectId } = this.#store.getState();
    this.#unlisten();
    this.#unlisten = this.#session.listen(
      "project.changed",
      ({ payload }) => {
        this.#seen = Math.max(this.#seen, payload.revision);
        if (payload.saved) this.#store.setState({ savedRevision: payload.revision });
        if (this.#seen > this.#store.getState().revision) void this.#pump();
      },
      { projectId },
    );
  }

  #follow(state: string, reason: string | null): void {
    if (state === "connected") return;
    if (!this.#paused) this.#seen = 0;
    this.#paused = true;
    if (state === "failed") for (const { reject } of this.#waiters.splice(0)) reject(new Error(reason ?? state));
  }

  /** After the connection is back. */
  async #recover(): Promise<void> {
    await this.#takeUp();
    this.#paused = false;
    void this.#pump();
  }

  /** The project as the sidecar has it now, and all edits that it has not. */
  async #takeUp(): Promise<void> {
    const { projectId, path } = this.#store.getState();
    const { restarted, project, ...rest } = await reopen(this.#session, { projectId, path, document: this.#acknowledged });
    this.#missing = false;
    this.#seen = Math.max(this.#seen, rest.revision);
    this.#store.setState({ ...rest, changed: everything(rest.frames) });
    if (rest.projectId !== projectId) this.#listen();
    this.#arrive(project);
    this.#sent = null;
    // The page has what the sidecar had, and more: its journal may lag behind.
    if (restarted && !sameJson(this.#acknowledged, project)) this.#giveBack(project);
    else this.#rebase(project);
    if (restarted) this.#report({ kind: "recovered" });
  }

  /** Have what the sidecar lacks of what it had wait before all else. The document stays as it is. */
  #giveBack(base: Project): void {
    const label = this.#waiting[0]?.label ?? this.#store.getState().history.undo.at(-1)?.label ?? ("" as Label);
    this.#waiting.unshift({ label, changes: diff(base, this.#acknowledged), merge: null, from: base, origin: null });
    this.#acknowledged = base;
    this.#store.setState({ waiting: this.#waiting.length });
  }
}

/** Whether the same may work later: an edit that fails so is not to be taken back. */
function passes(error: unknown): boolean {
  return isRpcError(error) && (error.data.retryable || ["shuttingDown", "projectNotOpen", "connectionLost"].includes(error.data.kind));
}
