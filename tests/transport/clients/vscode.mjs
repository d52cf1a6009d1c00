// A real vscode-jsonrpc client: initialize, call, get an error, cancel. Argument: the conversation; output: what came.
import { spawn } from "node:child_process";
import { CancellationTokenSource, createMessageConnection, StreamMessageReader, StreamMessageWriter } from "vscode-jsonrpc/node";

const plan = JSON.parse(process.argv[2]);
const server = spawn(plan.command[0], plan.command.slice(1), { stdio: ["pipe", "pipe", "inherit"] });
const connection = createMessageConnection(new StreamMessageReader(server.stdout), new StreamMessageWriter(server.stdin));
connection.listen();

const outcome = (promise) =>
  promise.then(
    (result) => ({ result }),
    (error) => ({ error: { code: error.code, kind: error.data?.kind ?? null } }),
  );

const seen = {};
seen.initialize = await outcome(connection.sendRequest("initialize", plan.initialize));
seen.call = await outcome(connection.sendRequest(...plan.call));
seen.error = await outcome(connection.sendRequest(...plan.error));
const source = new CancellationTokenSource();
const slow = outcome(connection.sendRequest(...plan.slow, source.token));
source.cancel();
seen.cancelled = await slow;
seen.after = await outcome(connection.sendRequest(...plan.call));
seen.shutdown = await outcome(connection.sendRequest("shutdown", {}));
await connection.sendNotification("exit", {});
seen.code = await new Promise((resolve) => server.on("exit", resolve));
console.log(JSON.stringify(seen));
