/** What the page is made of: one `App`, and in it an `Editor` for the project that is open. */
import { createContext, useContext } from "react";
import { useStore } from "zustand";
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Project } from "./generated/client";
import { Pictures } from "./media/pictures";
import { Proxies } from "./media/proxies";
import { Shelf } from "./media/shelf";
import { LiveProject, type LiveState, type Trouble } from "./project/live";
import type { Reopened } from "./project/opening";
import type { Preferences } from "./shell/preferences";
import type { Host } from "./shell/host";
import type { Key } from "./text";
import { errorText } from "./text/errors";
import type { Session } from "./transport/session";
import type { Speaker } from "./ui/notices";
import { projectFrames } from "./timeline/model/time";
import { PeakFiles } from "./timeline/peaks";
import { createTimeline, type Timeline } from "./timeline/state";
import { Strips } from "./timeline/strips";
import { Playback } from "./viewer/playback";

export interface App {
  session: Session;
  host: Host;
  speaker: Speaker;
  preferences: StoreApi<Preferences>;
  /** Null until the first project is open. */
  current: StoreApi<{ editor: Editor | null }>;
}

/** Ids of what is selected; what is not there any more is simply not found. */
export interface Selection {
  clips: ReadonlySet<string>;
  media: ReadonlySet<string>;
  transition: string | null;
}

export const NOTHING_SELECTED: Selection = { clips: new Set(), media: new Set(), transition: null };

/** The open project and how it is looked at; another project has another one. */
export interface Editor {
  app: App;
  session: Session;
  live: LiveProject<Key>;
  shelf: Shelf;
  pictures: Pictures;
  proxies: Proxies;
  playback: Playback;
  selection: StoreApi<Selection>;
  timeline: Timeline;
  strips: Strips;
  peaks: PeakFiles;
  /** Which dialog of the editor is open. */
  dialog: StoreApi<{ open: "shortcuts" | "problems" | null }>;
  close(): Promise<void>;
}

export function createEditor(app: App, opened: Reopened, report: (trouble: Trouble<Key>) => void): Editor {
  const live = new LiveProject<Key>(app.session, opened, report);
  const shelf = new Shelf(
    app.session,
    () => live.store.getState().projectId,
    (error) => app.speaker.tell("error", errorText(error)),
  );
  return {
    app,
    session: app.session,
    live,
    shelf,
    pictures: new Pictures(app.session),
    proxies: new Proxies(app.session),
    // What the sidecar has not answered yet counts, too.
    playback: new Playback(() => projectFrames(live.store.getState().document)),
    selection: createStore(() => NOTHING_SELECTED),
    timeline: createTimeline(),
    strips: new Strips(app.session),
    peaks: new PeakFiles(app.session),
    dialog: createStore(() => ({ open: null })),
    close: async () => {
      shelf.close();
      await live.close();
    },
  };
}

export const EditorContext = createContext<Editor | null>(null);

/** The editor that a component stands in. */
export function useEditor(): Editor {
  const editor = useContext(EditorContext);
  if (!editor) throw new Error("outside of an editor");
  return editor;
}

/** A part of the live project's state; the component is drawn anew when it is another object. */
export function useLive<T>(select: (state: LiveState<Key>) => T): T {
  return useStore(useEditor().live.store, select);
}

/** A part of the document. */
export function useDocument<T>(select: (document: Project) => T): T {
  return useLive((state) => select(state.document));
}
