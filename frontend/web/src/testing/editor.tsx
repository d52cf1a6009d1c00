/** An editor on a sidecar that answers by functions, for tests of components. */
import { createStore } from "zustand/vanilla";
import { createEditor, type App, type Editor } from "../app";
import type { MediaInfo, Project } from "../generated/client";
import type { Host } from "../shell/host";
import { MockTransport } from "../transport/mock";
import { Session } from "../transport/session";
import { Speaker } from "../ui/notices";

export type Answers = ConstructorParameters<typeof MockTransport>[0];

export interface Staged {
  editor: Editor;
  transport: MockTransport;
  speaker: Speaker;
}

/** An open project; `chosen` is what dialogs answer. */
export async function stage(project: Project, answers: Answers = {}, chosen: string[] = []): Promise<Staged> {
  const transport = new MockTransport({
    initialize: () => ({}) as never,
    "project.update": ({ baseRevision }) => ({ revision: baseRevision + 1, problems: [], changed: { picture: [], sound: [] }, duration: "0", frames: 0 }),
    "project.media": () => ({ revision: 1, media: [], waiting: 0 }),
    ...answers,
  });
  const session = new Session(async () => transport, { client: { name: "t", version: "1" } });
  void session.run();
  await new Promise<void>((resolve) => {
    session.store.subscribe(({ state }) => state === "connected" && resolve());
  });
  const speaker = new Speaker();
  const app: App = {
    session,
    host: host(chosen),
    speaker,
    preferences: createStore(() => ({ theme: "dark" as const, language: "en" as const, timelineHeight: 300 })),
    current: createStore(() => ({ editor: null })),
  };
  const opened = { projectId: "p", revision: 1, savedRevision: null, path: null, project, problems: [], duration: "0", frames: 0 };
  return { editor: createEditor(app, opened, () => {}), transport, speaker };
}

function host(chosen: string[]): Host {
  return {
    kind: "shell",
    openFiles: async () => chosen,
    saveFile: async () => chosen[0] ?? null,
    openFolder: async () => chosen[0] ?? null,
    recents: async () => [],
    addRecent: async () => {},
    setTitle: async () => {},
    closeWindow: async () => {},
    reveal: null,
    argument: async () => null,
    get: async () => null,
    set: async () => {},
    on: () => () => {},
  };
}

/** A film of ten seconds. */
export function film(path: string, rate = "30000/1001"): MediaInfo {
  const video = { displayWidth: 1280, displayHeight: 721, frameRate: rate, averageRate: rate, frames: 300 };
  return { path, fingerprint: `of ${path}`, duration: "10", video: [video], audio: [{ sampleRate: 48_000, channels: 2 }] } as unknown as MediaInfo;
}
