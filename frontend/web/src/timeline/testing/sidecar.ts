/** The real sidecar over stdio, for tests. */

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { connect, type Client, type Transport } from "../../generated/client";

const ROOT = resolve(import.meta.dirname, "../../../../..");

export interface Running {
  readonly client: Client;
  stop(): Promise<void>;
}

/** Start a sidecar with folders of its own. */
export async function startSidecar(): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), "timeline-"));
  const environment = Object.fromEntries(["DATA", "CACHE", "TEMP"].map((name) => [`SIDECAR_${name}_DIR`, join(folder, name)]));
  const child = spawn(python(), ["-m", "sidecar", "serve"], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ended = new Promise<void>((done) => child.once("close", () => done()));
  const transport: Transport = {
    send: (message) => void child.stdin.write(`${message}\n`),
    start: ({ message, closed }) => {
      createInterface({ input: child.stdout, crlfDelay: Infinity }).on("line", message);
      void ended.then(() => closed("the sidecar has ended"));
    },
    close: () => child.stdin.end(),
  };
  const { client } = await connect(transport, { client: { name: "timeline tests", version: "1" }, processId: process.pid, wants: [] });
  return {
    client,
    stop: async () => {
      client.close();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The environment that `uv sync` makes. */
function python(): string {
  const found = [".venv/bin/python", ".venv/Scripts/python.exe"].map((path) => join(ROOT, path)).find((path) => existsSync(path));
  if (found === undefined) throw new Error("there is no .venv beside pyproject.toml: run uv sync");
  return found;
}
