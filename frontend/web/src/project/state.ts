import type { ChangedRanges, Problem, Project } from "../generated/client";
import type { History } from "./history";

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

/** Nothing is changed. */
export const UNCHANGED: ChangedRanges = { picture: [], sound: [] };

/** Every frame is changed. */
export function everything(frames: number): ChangedRanges {
  return { picture: [[0, frames]], sound: [[0, frames]] };
}
