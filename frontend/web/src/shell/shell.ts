import type { Bridge } from "../transport/bridge";
import type { Host } from "./host";

/** The window of the shell, by its bridge. */
export function shellHost(bridge: Bridge): Host {
  const call = async <T>(method: string, params: object = {}): Promise<T> => (await bridge.host(method, params)) as T;
  return {
    kind: "shell",
    openFiles: (options) => call<string[]>("dialog.open", options),
    saveFile: (options) => call<string | null>("dialog.save", options),
    openFolder: () => call<string | null>("dialog.folder"),
    recents: () => call<string[]>("recent.list"),
    addRecent: (path) => call("recent.add", { path }),
    setTitle: (text, dirty) => call("window.title", { text, dirty }),
    closeWindow: () => call("window.close"),
    reveal: (path) => call("shell.reveal", { path }),
    argument: async () => (await call<{ path: string | null }>("shell.arguments")).path,
    get: (key) => call("state.get", { key }),
    set: (key, value) => call("state.set", { key, value }),
    on: (event, listener) => bridge.on(event, listener),
  };
}
