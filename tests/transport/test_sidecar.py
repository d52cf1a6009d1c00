"""The real `sidecar serve`: foreign clients, a shell pipe, recordings, roots, and streams that nobody reads."""

from __future__ import annotations

import shlex
import signal
import struct
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio

from protocol.commands import COMMANDS
from protocol.errors import Cancelled, InvalidRequest, MediaNotFound, NotInitialized, PermissionDenied
from sidecar.transport.record import Entry, read_recording
from sidecar.transport.replay import replay
from tests.harness.patience import PATIENCE
from tests.harness.program import PROGRAM, environment
from tests.harness.shell import INITIALIZE, SIDECAR, Shell, spawn
from tests.transport.test_foreign import client, converse, vscode
from tests.transport.test_replay import ProcessWire

__all__ = ["client", "vscode"]


@asynccontextmanager
async def sidecar(home: Path, *arguments: str, stderr: int | None = None) -> AsyncIterator[Shell]:
    async with spawn([*SIDECAR, *arguments], env=environment(home), stderr=stderr) as shell:
        yield shell


@pytest.fixture
def endless(tmp_path: Path) -> str:
    """A sound file of hours, almost none of which is on the disk: to read its packets takes seconds."""
    path, size = tmp_path / "endless.wav", 2_000_000_000
    header = struct.pack("<IHHIIHH", 16, 1, 2, 48_000, 192_000, 4, 16)
    with path.open("wb") as file:
        file.write(b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + header + b"data" + struct.pack("<I", size))
        file.truncate(44 + size)
    return str(path)


async def test_foreign_clients(client: list[str], tmp_path: Path, endless: str) -> None:
    missing = str(tmp_path / "missing.mov")
    plan = {
        "command": SIDECAR,
        "initialize": INITIALIZE,
        "call": ["fonts.list", {"contains": "Roboto"}],
        "error": ["media.probe", {"path": missing}],
        "slow": ["media.probe", {"path": endless, "index": "full", "timeoutMs": 60_000}],
    }
    seen = await converse(client, plan, tmp_path, environment(tmp_path / "home"))
    assert seen["initialize"]["result"]["server"]["name"] == "video-compiler-sidecar"
    assert seen["initialize"]["result"]["limits"]["inFlight"] == 256
    assert {each["family"] for each in seen["call"]["result"]["fonts"]} >= {"Roboto"}
    assert seen["error"] == {"error": {"code": 1201, "kind": "mediaNotFound"}}
    assert seen["cancelled"] == {"error": {"code": -32800, "kind": "cancelled"}}
    assert seen["after"] == seen["call"]
    assert (seen["shutdown"], seen["code"]) == ({"result": {}}, 0)


async def test_discover_from_a_shell_pipe(tmp_path: Path) -> None:
    request = r"""printf '{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}\n'"""
    command = f"{request} | {shlex.quote(str(PROGRAM))} serve"
    with trio.fail_after(PATIENCE):
        done = await trio.run_process(["sh", "-c", command], capture_stdout=True, env=environment(tmp_path))
    (answer,) = map(msgspec.json.decode, done.stdout.splitlines())
    assert answer["id"] == 1
    assert {each["name"] for each in answer["result"]["methods"]} == {each.name for each in COMMANDS}


async def test_before_initialize_and_twice(tmp_path: Path) -> None:
    async with sidecar(tmp_path) as shell:
        with pytest.raises(NotInitialized):
            await shell.call("system.info")
        said = await shell.call("initialize", INITIALIZE)
        assert said["server"]["pid"] == shell.process.pid
        with pytest.raises(InvalidRequest):
            await shell.call("initialize", INITIALIZE)
        assert (await shell.call("system.info"))["pid"] == shell.process.pid


async def test_roots_bind_what_commands_read(tmp_path: Path, endless: str) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "link.wav").symlink_to(endless)
    async with sidecar(tmp_path / "home") as shell:
        roots = {"read": [str(tmp_path / "inside")], "write": []}
        assert (await shell.call("initialize", {**INITIALIZE, "roots": roots}))["granted"] == roots
        for path in (endless, str(tmp_path / "inside" / "link.wav"), str(tmp_path / "inside" / ".." / "endless.wav")):
            with pytest.raises(PermissionDenied):
                await shell.call("media.probe", {"path": path})


async def test_a_cancelled_probe_leaves_the_rest_working(tmp_path: Path, endless: str) -> None:
    async with sidecar(tmp_path / "home") as shell:
        await shell.call("initialize", INITIALIZE)
        number, data = shell.client.request("media.probe", {"path": endless, "index": "full", "timeoutMs": 60_000})
        await shell.send(data)
        await shell.call("system.info")  # the read loop has seen it, and answers others meanwhile
        await shell.send(shell.client.cancel(number))
        with pytest.raises(Cancelled):
            await shell.answer(number)
        assert (await shell.call("media.probe", {"path": endless}))["container"] == "wav"


async def test_a_recording_replays_without_a_difference(tmp_path: Path) -> None:
    path = tmp_path / "recording.jsonl"
    async with sidecar(tmp_path / "home", "--record", str(path)) as shell:
        await shell.call("initialize", INITIALIZE)
        await shell.call("fonts.list", {"contains": "Roboto"})
        with pytest.raises(MediaNotFound):
            await shell.call("media.probe", {"path": str(tmp_path / "missing.mov")})
        await shell.close()
        assert await shell.ended() == 0
    entries = read_recording(path)
    assert [each.direction for each in entries] == ["in", "out"] * 3
    async with sidecar(tmp_path / "home") as shell:
        assert await replay(entries, ProcessWire(shell.process)) == []
    entries[-1] = Entry("t", "out", '{"jsonrpc":"2.0","id":3,"result":{}}')
    async with sidecar(tmp_path / "home") as shell:
        found = await replay(entries, ProcessWire(shell.process))
    assert {each.method for each in found} == {"media.probe"}


async def test_a_recording_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    async with sidecar(tmp_path / "home", "--record", str(tmp_path / "no" / "file"), stderr=subprocess.PIPE) as shell:
        assert await shell.ended() == 1
        assert shell.process.stderr is not None
        assert b"cannot be written" in bytes(await shell.process.stderr.receive_some())


async def test_a_shell_that_never_reads_stderr_does_not_stop_it(tmp_path: Path) -> None:
    """Every answered error is a log line at this level: thousands of them fill any pipe."""
    home = environment(tmp_path) | {"SIDECAR_LOG_LEVEL": "debug"}
    async with spawn(SIDECAR, env=home, stderr=subprocess.PIPE) as shell:
        await shell.call("initialize", INITIALIZE)
        for _ in range(50):
            batch = [{"jsonrpc": "2.0", "id": str(each), "method": "no.such" + "x" * 100} for each in range(100)]
            await shell.send(msgspec.json.encode(batch) + b"\n")
        assert (await shell.call("system.info"))["pid"] == shell.process.pid
        await shell.close()
        assert await shell.ended() == 0


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGINT", 130)])
async def test_signals_end_it_and_give_its_folders_back(tmp_path: Path, name: str, code: int) -> None:
    async with sidecar(tmp_path) as shell:
        paths = (await shell.call("initialize", INITIALIZE))["paths"]
        assert await trio.Path(paths["temp"]).is_dir()
        shell.process.send_signal(getattr(signal, name))
        assert await shell.ended() == code
    assert not await trio.Path(paths["temp"]).exists()


async def test_the_log_has_the_traceback_under_the_trace_id_of_the_answer(tmp_path: Path) -> None:
    """`system.trace` finds the lines of a request that was refused."""
    async with spawn(SIDECAR, env=environment(tmp_path) | {"SIDECAR_LOG_LEVEL": "debug"}) as shell:
        await shell.call("initialize", INITIALIZE)
        await shell.send(b'{"jsonrpc":"2.0","id":99,"method":"no.such"}\n')
        trace_id = await traced(shell)
        lines: list[dict[str, Any]] = (await shell.call("system.trace", {"traceId": trace_id}))["lines"]
        assert [each["kind"] for each in lines] == ["methodNotFound"]


async def traced(shell: Shell) -> str:
    with trio.fail_after(PATIENCE):
        data = await shell.read()
    trace_id: str = msgspec.json.decode(data)["error"]["data"]["traceId"]
    return trace_id
