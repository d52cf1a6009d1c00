/** What only the window around the page can do: dialogs, recent projects, window state. */
import type { UnlistenFn } from "../generated/client";
import type { HostEvents } from "../transport/bridge";

/** Which files a dialog offers. */
export type FileKind = "media" | "project" | "subtitles" | "table" | "font" | "any";

export interface Host {
  /** `shell`: a window of its own with native dialogs; `browser`: paths are typed, files cannot be dropped. */
  readonly kind: "shell" | "browser";
  /** Paths that were chosen; empty when nothing was. */
  openFiles(options: { kinds: FileKind[]; multiple: boolean }): Promise<string[]>;
  saveFile(options: { suggested: string; kinds: FileKind[] }): Promise<string | null>;
  openFolder(): Promise<string | null>;
  /** Paths of projects, the newest first. */
  recents(): Promise<string[]>;
  addRecent(path: string): Promise<void>;
  setTitle(text: string, dirty: boolean): Promise<void>;
  closeWindow(): Promise<void>;
  /** Show a file in the system's file manager; absent where that cannot be. */
  readonly reveal: ((path: string) => Promise<void>) | null;
  /** The project file that the program was started with. */
  argument(): Promise<string | null>;
  /** A value that outlives the page, such as the theme; null when there is none. */
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
  on<E extends keyof HostEvents>(event: E, listener: (payload: HostEvents[E]) => void): UnlistenFn;
}
