/** What is known of the files that the project names; it fills in as the sidecar reads them. */
import { createStore, type StoreApi } from "zustand/vanilla";
import { isRpcError, type ErrorData, type MediaInfo, type Project } from "../generated/client";
import { toNumber, parse } from "../project/time";
import type { Session } from "../transport/session";

export type FileState = "unknown" | "probing" | "ready" | "changed" | "missing" | "failed";

export interface FileFacts {
  /** Absolute. */
  path: string;
  state: FileState;
  /** Null until it has been read. */
  info: MediaInfo | null;
  error: ErrorData | null;
}

export interface ShelfState {
  files: ReadonlyMap<string, FileFacts>;
  /** Absolute paths by the ids of the bin. */
  paths: ReadonlyMap<string, string>;
}

export class Shelf {
  readonly store: StoreApi<ShelfState> = createStore(() => ({ files: new Map(), paths: new Map() }));
  readonly #session: Session;
  readonly #projectId: () => string;
  readonly #fail: (error: unknown) => void;
  readonly #stops: (() => void)[] = [];
  #asking = false;
  #again = false;

  /** `fail` hears why the sidecar could not look at the files. */
  constructor(session: Session, projectId: () => string, fail: (error: unknown) => void) {
    this.#session = session;
    this.#projectId = projectId;
    this.#fail = fail;
    this.#stops.push(
      session.listen("media.changed", ({ payload }) => {
        if (payload.projectId !== this.#projectId()) return;
        const { path, state, info, error, ids } = payload;
        this.#put([{ path, state, info: info ?? this.store.getState().files.get(path)?.info ?? null, error }], new Map(ids.map((id) => [id, path])));
      }),
      session.onRenewed(() => void this.look().catch(fail)),
    );
    this.look().catch(fail);
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }

  /** What is known of an entry of the bin. */
  of(id: string): FileFacts | null {
    const { files, paths } = this.store.getState();
    return files.get(paths.get(id) ?? "") ?? null;
  }

  /** Have the sidecar look at all files of the project now; called after each change of its bin. */
  async look(): Promise<void> {
    this.#again = this.#asking;
    if (this.#asking) return;
    this.#asking = true;
    try {
      const { media } = await this.#session.invoke("project.media", { project: { id: this.#projectId() } });
      const paths = new Map(media.flatMap(({ id, file }) => (id !== null && file !== null ? [[id, file] as const] : [])));
      const known = this.store.getState().files;
      this.#put(
        media.flatMap(({ file, path, state, error }) => ({ path: file ?? path, state, info: known.get(file ?? path)?.info ?? null, error })),
        paths,
      );
      const unread = media.flatMap(({ file, state }) => (file !== null && state === "ready" && !known.get(file)?.info ? [file] : []));
      await Promise.all(unread.map((file) => this.#read(file)));
    } catch (error) {
      // It is asked again once the connection is back.
      if (!isRpcError(error, "connectionLost") && !isRpcError(error, "projectNotOpen")) throw error;
    } finally {
      this.#asking = false;
      if (this.#again) this.look().catch(this.#fail);
    }
  }

  /** What was read before this page was there is known at once. */
  async #read(path: string): Promise<void> {
    try {
      this.#put([{ path, state: "ready", info: await this.#session.invoke("media.probe", { path }), error: null }], new Map());
    } catch (error) {
      if (!isRpcError(error)) throw error;
    }
  }

  #put(facts: FileFacts[], paths: ReadonlyMap<string, string>): void {
    this.store.setState((old) => ({
      files: new Map([...old.files, ...facts.map((each) => [each.path, each] as const)]),
      paths: new Map([...old.paths, ...paths]),
    }));
  }
}

/** What a file is, as far as placing it asks: `seconds` null is a still picture. */
export function kindOf(info: MediaInfo): { picture: boolean; sound: boolean; seconds: number | null } {
  const still = info.duration === null || (info.video[0]?.frames === 1 && info.audio.length === 0);
  return { picture: info.video.length > 0, sound: info.audio.length > 0, seconds: still ? null : toNumber(parse(info.duration ?? 0)) };
}

/** The clips that use an entry of the bin. */
export function clipsOf(project: Project, media: string): string[] {
  return project.tracks.flatMap((track) =>
    track.kind === "subtitle" ? [] : track.clips.flatMap(({ id, source }) => (source.kind === "file" && source.media === media && id !== null ? [id] : [])),
  );
}
