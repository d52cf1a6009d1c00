import { isRpcError, type ErrorKind, type Problem, type Project, type ProjectInput, type Recovery } from "../generated/client";
import type { Session } from "../transport/session";

/** A project as the sidecar holds it now. */
export interface Reopened {
  projectId: string;
  revision: number;
  savedRevision: number | null;
  path: string | null;
  project: Project;
  problems: Problem[];
  duration: string;
  frames: number;
}

/** Nothing can be opened from a file that fails so, however often it is tried. */
const UNUSABLE: ReadonlySet<ErrorKind> = new Set(["projectNotFound", "permissionDenied", "invalidProject", "unsupportedSchema"]);

/**
 * Open a project that has no file; its relative paths start from `basePath`.
 *
 * Rejects with invalidProject, unsupportedSchema, limitExceeded.
 */
export async function openNew(session: Session, project: ProjectInput, basePath: string | null = null): Promise<Reopened> {
  const { projectId, revision, project: opened, problems, duration, frames } = await session.invoke("project.open", { project, basePath, recover: "ignore" });
  return { projectId, revision, savedRevision: null, path: null, project: opened, problems, duration, frames };
}

/** Open a project file. `recovery` tells of unsaved edits that a crash left, and that were used or wait to be. */
export async function load(session: Session, path: string, recover: "ask" | "use" | "ignore"): Promise<Reopened & { recovery: Recovery | null }> {
  const { projectId, revision, project, problems, duration, frames, recovery, file } = await session.invoke("project.load", { path, recover });
  const savedRevision = recovery && recover === "use" ? null : revision;
  return { projectId, revision, savedRevision, path: file.path, project, problems, duration, frames, recovery };
}

/** Take up a project that is open in the sidecar; rejects with projectNotOpen. */
export async function attach(session: Session, projectId: string, path: string | null): Promise<Reopened> {
  const { revision, savedRevision, project } = await session.invoke("project.get", { projectId });
  const { problems, duration, frames } = await session.invoke("project.validate", { project: { id: projectId }, media: "cached", forExport: false });
  return { projectId, revision, savedRevision, path, project, problems, duration, frames };
}

/**
 * Take up a project again over another connection.
 *
 * `restarted`: the sidecar did not know it any more. It was then opened from its file, with the edits that the
 * sidecar's journal holds, or else, where the file cannot be used, from `document`. Rejects where it may work later.
 */
export async function reopen(
  session: Session,
  known: { projectId: string; path: string | null; document: Project },
): Promise<Reopened & { restarted: boolean }> {
  try {
    return { ...(await attach(session, known.projectId, known.path)), restarted: false };
  } catch (error) {
    if (!isRpcError(error, "projectNotOpen")) throw error;
  }
  if (known.path !== null) {
    try {
      const { recovery: _, ...opened } = await load(session, known.path, "use");
      return { ...opened, restarted: true };
    } catch (error) {
      if (!isRpcError(error) || !UNUSABLE.has(error.data.kind)) throw error;
    }
  }
  const folder = known.path === null ? null : folderOf(known.path);
  return { ...(await openNew(session, known.document, folder)), path: known.path, restarted: true };
}

/** The folder of an absolute path, of either kind of system. */
function folderOf(path: string): string {
  return path.replace(path.startsWith("/") ? /[^/]*$/u : /[^/\\]*$/u, "");
}
