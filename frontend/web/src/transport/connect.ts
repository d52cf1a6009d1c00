/** Finds the sidecar: over the window's bridge, or the WebSocket of whoever served the page. */
import { browserHost, type AskPaths } from "../shell/browser";
import type { Host } from "../shell/host";
import { shellHost } from "../shell/shell";
import { findBridge, type Bridge } from "./bridge";
import { Session, type Reach } from "./session";
import { WebSocketTransport } from "./websocket";

const CLIENT = { name: "studio", version: "1" };
const KEPT = "studio.token";
/** How long the window's bridge may take to appear. */
const PATIENCE = 10_000;

export interface Connection {
  session: Session;
  host: Host;
}

/** Raised where the page is neither in the shell's window nor was opened with a token. */
export class NoSidecar extends Error {
  override readonly name = "NoSidecar";
}

/** Choose a way to the sidecar and begin to connect. Raises NoSidecar. */
export async function connect(askPaths: AskPaths): Promise<Connection> {
  const token = takeToken();
  if (token !== null) {
    const url = `${location.origin.replace(/^http/u, "ws")}/rpc`;
    return begin(() => Promise.resolve(new WebSocketTransport(url, token)), browserHost(askPaths));
  }
  const bridge = await findBridge(PATIENCE);
  if (!bridge) throw new NoSidecar();
  const connection = begin(reachOver(bridge), shellHost(bridge));
  bridge.on("sidecar", ({ state, reason }) => {
    if (state === "failed") connection.session.fail(reason ?? "the sidecar does not start");
  });
  return connection;
}

function begin(reach: Reach, host: Host): Connection {
  const session = new Session(reach, { client: CLIENT });
  void session.run();
  return { session, host };
}

/** The shell says when its sidecar is ready; until the first word of it the one that runs is taken. */
function reachOver(bridge: Bridge): Reach {
  let ready = true;
  let waiting: (() => void) | null = null;
  bridge.on("sidecar", ({ state }) => {
    ready = state === "ready";
    if (ready) waiting?.();
  });
  return async (signal) => {
    if (!ready) {
      await new Promise<void>((resolve) => {
        waiting = resolve;
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    return bridge.transport();
  };
}

/** The token in the address, `#token=…`, is taken out of it at once and kept for reloads of this tab. */
function takeToken(): string | null {
  const found = new URLSearchParams(location.hash.slice(1)).get("token");
  if (found !== null) {
    sessionStorage.setItem(KEPT, found);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return found ?? sessionStorage.getItem(KEPT);
}
