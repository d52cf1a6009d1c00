/** The real sidecar, for tests: reached by WebSocket as a browser reaches it, killed and started again on the same folders. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { connect, type Transport } from "../generated/client";
import { Session } from "../transport/session";
import { WebSocketTransport } from "../transport/websocket";

const ROOT = resolve(import.meta.dirname, "../../../..");

interface Running {
  child: ChildProcess;
  origin: string;
  token: string;
}

export class TestSidecar {
  readonly folder = mkdtempSync(join(tmpdir(), "studio-"));
  #running: Running | null = null;
  readonly #sessions: Session[] = [];

  /** Start it, or start it again. */
  async start(): Promise<void> {
    const folders = Object.fromEntries(["DATA", "CACHE", "TEMP"].map((name) => [`SIDECAR_${name}_DIR`, join(this.folder, name)]));
    const child = spawn(python(), ["-m", "sidecar", "serve"], { cwd: ROOT, env: { ...process.env, ...folders }, stdio: ["pipe", "pipe", "ignore"] });
    const transport: Transport = {
      send: (message) => void child.stdin.write(`${message}\n`),
      start: ({ message, closed }) => {
        createInterface({ input: child.stdout, crlfDelay: Infinity }).on("line", message);
        child.once("close", () => closed("the sidecar has ended"));
      },
      close: () => child.stdin.end(),
    };
    const { initialized } = await connect(transport, { client: { name: "tests", version: "1" }, processId: process.pid });
    if (!initialized.http) throw new Error("no loopback network");
    this.#running = { child, ...initialized.http };
  }

  /** Connect as a page does. It connects again after each start. */
  session(name = "page"): Session {
    const session = new Session(
      async () => {
        if (!this.#running) throw new Error("no sidecar runs");
        return new WebSocketTransport(`${this.#running.origin.replace("http", "ws")}/rpc`, this.#running.token);
      },
      { client: { name, version: "1" } },
    );
    void session.run();
    this.#sessions.push(session);
    return session;
  }

  /** Kill it as nothing else can. */
  async kill(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    if (!running) return;
    const ended = new Promise((done) => running.child.once("close", done));
    running.child.kill("SIGKILL");
    await ended;
  }

  async stop(): Promise<void> {
    for (const session of this.#sessions) session.close();
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The environment that `uv sync` makes. */
function python(): string {
  const found = [".venv/bin/python", ".venv/Scripts/python.exe"].map((path) => join(ROOT, path)).find((path) => existsSync(path));
  if (found === undefined) throw new Error("there is no .venv beside pyproject.toml: run uv sync");
  return found;
}
