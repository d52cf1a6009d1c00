/**
 * The open project: what the sidecar has, and on top of it the edits that it has not answered yet.
 *
 * An edit is seen at once; `queue.ts` brings it to the sidecar.
 */
import { produce } from "immer";
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Project } from "../generated/client";
import type { Session } from "../transport/session";
import { EMPTY } from "./history";
import type { Reopened } from "./opening";
import { Queue } from "./queue";
import { UNCHANGED, type LiveState, type Trouble } from "./state";

export type { LiveState, Trouble } from "./state";

export interface EditOptions {
  /** Edits with the same one join to a single step of undo: one for each drag, made with `crypto.randomUUID()`. */
  merge?: string;
}

export class LiveProject<Label extends string = string> {
  readonly store: StoreApi<LiveState<Label>>;
  readonly #session: Session;
  readonly #queue: Queue<Label>;

  /** `report` hears what the user must be told. */
  constructor(session: Session, opened: Reopened, report: (trouble: Trouble<Label>) => void) {
    this.#session = session;
    const { project, ...rest } = opened;
    this.store = createStore(() => ({ ...rest, document: project, changed: UNCHANGED, history: EMPTY, waiting: 0 }));
    this.#queue = new Queue(session, this.store, report);
  }

  /** Edit the document by a recipe on a draft of it, and return what that returns. One that changes nothing is no edit. */
  edit<R>(label: Label, recipe: (draft: Project) => R, { merge }: EditOptions = {}): R {
    const before = this.store.getState().document;
    let result: R | undefined;
    const after = produce(before, (draft) => {
      result = recipe(draft);
    });
    if (after !== before) this.#queue.edit(label, before, after, merge ?? null);
    return result as R;
  }

  /** Whether there was something to undo. What cannot be undone any more is dropped and reported. */
  undo(): boolean {
    const entry = this.store.getState().history.undo.at(-1);
    if (entry) this.#queue.replay(entry, "undo");
    return entry !== undefined;
  }

  /** Whether there was something to redo. */
  redo(): boolean {
    const entry = this.store.getState().history.redo.at(-1);
    if (entry) this.#queue.replay(entry, "redo");
    return entry !== undefined;
  }

  /** Resolves once every edit is answered, if need be over the next connection. Rejects when that does not go on. */
  settled(): Promise<void> {
    return this.#queue.settled();
  }

  /**
   * Have the sidecar itself edit the project, as relinking does; it can be undone like any edit.
   *
   * `command` is given the revision that it starts from. Rejects with what it rejects with.
   */
  editBy<R>(label: Label, command: (projectId: string, baseRevision: number) => Promise<R>): Promise<R> {
    return this.#queue.by(label, command);
  }

  /** Write the project to `path`, or to its file. Rejects with the sidecar's error. */
  save(path?: string): Promise<void> {
    return this.#queue.alone(async (projectId) => {
      // A sidecar that was started anew may not know the file.
      const target = path ?? this.store.getState().path;
      const saved = await this.#session.invoke("project.save", { project: { id: projectId }, path: target });
      this.store.setState({ path: saved.path, savedRevision: saved.revision });
      // A file elsewhere has other relative paths.
      if (path !== undefined) await this.#queue.refresh();
    });
  }

  /** Close it for good; edits that are not in its file are given up. */
  async close(): Promise<void> {
    this.#queue.stop();
    await this.#session.invoke("project.close", { projectId: this.store.getState().projectId, discard: true });
  }
}
