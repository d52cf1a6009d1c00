import type { FileKind, Host } from "./host";

/** Asks for paths with a field of the page; resolves to none when it is dismissed. */
export type AskPaths = (options: { purpose: "open" | "save" | "folder"; kinds: FileKind[]; multiple: boolean; suggested: string }) => Promise<string[]>;

const RECENTS = 10;

/** An ordinary browser: no dialogs and no dropped paths; what is kept is kept in its storage. */
export function browserHost(ask: AskPaths): Host {
  const read = (key: string): unknown => JSON.parse(localStorage.getItem(`studio.${key}`) ?? "null") as unknown;
  const write = (key: string, value: unknown): void => localStorage.setItem(`studio.${key}`, JSON.stringify(value));
  const recents = (): string[] => (read("recents") as string[] | null) ?? [];
  return {
    kind: "browser",
    openFiles: (options) => ask({ purpose: "open", suggested: "", ...options }),
    saveFile: async (options) => (await ask({ purpose: "save", multiple: false, ...options }))[0] ?? null,
    openFolder: async () => (await ask({ purpose: "folder", kinds: [], multiple: false, suggested: "" }))[0] ?? null,
    recents: async () => recents(),
    addRecent: async (path) => {
      write("recents", [path, ...recents().filter((recent) => recent !== path)].slice(0, RECENTS));
    },
    setTitle: async (text, dirty) => {
      document.title = dirty ? `• ${text}` : text;
    },
    closeWindow: async () => window.close(),
    reveal: null,
    argument: async () => new URLSearchParams(location.search).get("project"),
    get: async (key) => read(key),
    set: async (key, value) => write(key, value),
    on: () => () => {},
  };
}
