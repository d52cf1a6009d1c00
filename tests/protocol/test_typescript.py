"""The TypeScript client: what its text says, and what it does when Node runs it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from protocol.commands import COMMANDS, Command, Example, Params
from protocol.model import Result
from protocol.openrpc import schema_hash
from protocol.topics import PAYLOADS
from protocol.typescript import client, doc
from tests.harness.paths import ROOT
from tests.harness.patience import PATIENCE

CLIENT = ROOT / "frontend/web/src/generated/client.ts"
NODE = shutil.which("node", path=str(Path(sys.executable).parent)) or "node"


def test_every_method_and_topic_is_typed() -> None:
    text = client()
    for command in COMMANDS:
        assert f'  "{command.name}": {{\n    params: {command.params.__name__};' in text
    for topic, payload in PAYLOADS.items():
        assert f'  "{topic}": {payload.__name__};' in text
    assert f'export const SCHEMA_HASH = "{schema_hash()}";' in text


def interface(text: str, name: str) -> str:
    _, _, rest = text.partition(f"export interface {name} {{\n")
    return rest.partition("}\n")[0]


def test_params_are_optional_by_default_and_results_are_whole() -> None:
    text = client()
    assert "  speed?: number;" in interface(text, "ClipInput")
    assert "  start: Seconds;" in interface(text, "ClipInput")
    assert "  speed: number;" in interface(text, "Clip")
    assert '  kind: "title";' in interface(text, "TitleSource")
    assert "?" not in interface(text, "MediaInfo")
    assert "  project: ProjectInput;" in interface(text, "ProjectOpen")
    assert "  cubicBezier: [number, number, number, number];" in interface(text, "CubicBezier")
    assert "CubicBezierInput" not in text
    assert "  from?: WhenInput" not in text
    assert "  mediaNotFound: { path: string };" in text
    assert "  shuttingDown: {};" in text


def test_comments_cannot_be_left_by_their_text() -> None:
    assert doc("one */ two") == "/** one * / two */"
    assert doc("a\n\nb", "  ") == "  /**\n   * a\n   *\n   * b\n   */"


def test_a_type_without_a_form_is_refused() -> None:
    class Odd(Params, kw_only=True):
        """Bytes never ride JSON."""

        data: bytes

    class Done(Result):
        """Done."""

    with pytest.raises(TypeError, match="no form in TypeScript"):
        client([Command("test.odd", Odd, Done, "Odd.", Example({"data": ""}))])


def run_node(script: str, tmp_path: Path) -> None:
    path = tmp_path / "check.mts"
    path.write_text(SCRIPT_HEAD.replace("CLIENT", CLIENT.as_uri()) + script, encoding="utf-8")
    done = subprocess.run(
        [NODE, "--no-warnings", str(path)], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "ok\n"


SCRIPT_HEAD = """
import assert from "node:assert/strict";
import { Client, Channel, RpcError, connect, isRpcError, SCHEMA_HASH } from "CLIENT";
class Wire {
  sent: any[] = [];
  h: any;
  ended = false;
  send(text: string) { this.sent.push(JSON.parse(text)); }
  start(handlers: any) { this.h = handlers; }
  close() { this.ended = true; }
  say(message: object) { this.h.message(JSON.stringify({ jsonrpc: "2.0", ...message })); }
  get last() { return this.sent.at(-1); }
}
const wire: any = new Wire();
const tick = () => new Promise((done) => setImmediate(done));
"""


def test_calls_errors_progress_and_cancellation(tmp_path: Path) -> None:
    run_node(
        """
const opening = connect(wire, { client: { name: "t", version: "1" } });
assert.deepEqual(wire.last.params, { protocol: 1, schemaHash: SCHEMA_HASH, client: { name: "t", version: "1" } });
assert.equal(wire.last.id, 0);
wire.say({ id: 0, result: { protocol: 1 } });
const { client, initialized } = await opening;
assert.equal(initialized.protocol, 1);

const seen: any[] = [];
const probing = client.invoke("media.probe", { path: "a" }, { onProgress: new Channel((value) => seen.push(value)) });
assert.equal(wire.last.params.progressToken, wire.last.id);
wire.say({ method: "$/progress", params: { token: wire.last.id, value: { kind: "begin", title: "x", total: null } } });
wire.say({ id: wire.last.id, error: { code: 1201, message: "gone", data: { kind: "mediaNotFound", context: { path: "a" }, causes: [], suggestion: "s", retryable: false, traceId: "t" } } });
const error: any = await probing.catch((caught) => caught);
assert.ok(isRpcError(error, "mediaNotFound") && error.data.context.path === "a" && error.code === 1201);
assert.ok(isRpcError(error) && !isRpcError(error, "busy") && !isRpcError(new Error("x")));
assert.deepEqual(seen, [{ kind: "begin", title: "x", total: null }]);

const abort = new AbortController();
const slow = client.invoke("render.presets", {}, { signal: abort.signal, onProgress: (value) => seen.push(value) });
const id = wire.last.id;
abort.abort();
assert.deepEqual(wire.last, { jsonrpc: "2.0", method: "$/cancelRequest", params: { id } });
wire.say({ id, error: { code: -32800, message: "Cancelled" } });
const stopped: any = await slow.catch((caught) => caught);
assert.ok(stopped instanceof RpcError && stopped.code === -32800 && stopped.data.kind === "internal");
const never: any = await client.invoke("system.info", {}, { signal: abort.signal }).catch((caught) => caught);
assert.ok(isRpcError(never, "cancelled"));

const waiting = client.invoke("system.info");
wire.h.closed("it died");
wire.h.closed("again");
const lost: any = await waiting.catch((caught) => caught);
assert.ok(isRpcError(lost, "connectionLost") && lost.data.context.detail === "it died" && lost.data.retryable);
assert.ok(isRpcError(await client.invoke("system.info").catch((caught) => caught), "connectionLost"));
client.close();
assert.ok(wire.ended);
console.log("ok");
""",
        tmp_path,
    )


def test_listening_survives_gaps_and_events_that_come_early(tmp_path: Path) -> None:
    run_node(
        """
const client = new Client(wire);
const heard: any[] = [];
const opening = client.listen("system", (event) => heard.push([event.id, event.event, (event.payload as any).n]), { projectId: "p" });
assert.deepEqual(wire.last.params, { topics: ["system"], projectId: "p" });
const event = (subscription: string, seq: number) => wire.say({ method: "$/event", params: { subscription, topic: "system", seq, payload: { n: seq } } });
event("s1", 1);
event("other", 1);
wire.say({ id: 0, result: { subscription: "s1", seq: 0, snapshots: { system: { n: 0 } } } });
const stop = await opening;
event("s1", 2);
assert.deepEqual(heard, [[1, "system", 0], [2, "system", 1], [3, "system", 2]]);

event("s1", 5);
await tick();
const [drop, again] = wire.sent.slice(-2);
assert.equal(drop.method, "events.unsubscribe");
assert.equal(again.method, "events.subscribe");
wire.say({ id: drop.id, result: {} });
wire.say({ id: again.id, result: { subscription: "s2", seq: 9, snapshots: { system: null } } });
event("s1", 6);
event("s2", 10);
assert.deepEqual(heard.slice(3), [[4, "system", 5], [5, "system", 10]]);
stop();
stop();
assert.deepEqual(wire.last.params, { subscription: "s2" });
event("s2", 11);
assert.equal(heard.length, 5);

const single: any[] = [];
const one = client.once("log", (event) => single.push(event.payload));
const first = wire.last.id;
wire.say({ id: first, result: { subscription: "s3", seq: 0, snapshots: {} } });
await one;
wire.say({ method: "$/event", params: { subscription: "s3", topic: "log", seq: 1, payload: 1 } });
wire.say({ method: "$/event", params: { subscription: "s3", topic: "log", seq: 2, payload: 2 } });
assert.deepEqual(single, [1]);
assert.deepEqual(wire.last.params, { subscription: "s3" });
const snapshot = client.once("system", (event) => single.push(event.payload));
wire.say({ id: wire.last.id, result: { subscription: "s4", seq: 0, snapshots: { system: 3 } } });
await snapshot;
assert.deepEqual(single, [1, 3]);
assert.deepEqual(wire.last.params, { subscription: "s4" });
console.log("ok");
""",
        tmp_path,
    )


def test_it_stands_alone() -> None:
    import re

    text: Any = CLIENT.read_text(encoding="utf-8")
    assert not re.search(r"^import\\b|\\bfrom \"", text, re.MULTILINE)
