"""Recordings: written as messages pass, replayed against a server, compared."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
import trio

from protocol.errors import InvalidRequest, OutputUnwritable, Timeout
from sidecar.transport.record import Entry, read_recording, record_to
from sidecar.transport.replay import replay
from sidecar.transport.wire import Wire
from tests.harness.shell import INITIALIZE, spawn
from tests.transport.table import encoded


class ProcessWire:
    """The pipes of a spawned server."""

    def __init__(self, process: trio.Process) -> None:
        self._process = process

    async def receive_some(self) -> bytes:
        assert self._process.stdout is not None
        return bytes(await self._process.stdout.receive_some())

    async def send_all(self, data: bytes) -> None:
        assert self._process.stdin is not None
        await self._process.stdin.send_all(data)

    async def aclose(self) -> None:
        assert self._process.stdin is not None
        await self._process.stdin.aclose()


@asynccontextmanager
async def server() -> AsyncIterator[Wire]:
    async with spawn() as shell:
        yield ProcessWire(shell.process)


def conversation() -> list[Entry]:
    def sent(body: bytes) -> Entry:
        return Entry("t", "in", body.decode())

    def answered(id: int, result: object) -> Entry:
        return Entry("t", "out", msgspec.json.encode({"jsonrpc": "2.0", "id": id, "result": result}).decode())

    return [
        sent(encoded("initialize", INITIALIZE, 1)),
        answered(1, {"protocol": 1}),
        sent(encoded("echo", {"a/b": [1, 2], "pid": 7}, 2)),
        answered(2, {"a/b": [1, 2], "pid": 8}),
        sent(encoded("$/unknown", {})),
        sent(b"[" + encoded("echo", {"x": 1}, 3) + b"," + encoded("nope", {}, 4) + b"]"),
        Entry("t", "out", '{"jsonrpc":"2.0","method":"$/event","params":{}}'),
        Entry(
            "t",
            "out",
            '[{"jsonrpc":"2.0","id":3,"result":{"x":1}},{"jsonrpc":"2.0","id":4,"error":{"code":-32601,"message":"There'
            ' is no method \'nope\'","data":{"kind":"methodNotFound","context":{"method":"nope","nearest":null},'
            '"causes":[],"suggestion":"rpc.discover lists the methods","retryable":false,"traceId":"other"}}}]',
        ),
    ]


async def test_what_was_recorded_is_what_passed(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"an old one, for all to read")
    path.chmod(0o644)
    with record_to(path) as recorder:
        recorder("in", b'{"a":"\n"}')
        recorder("out", b"\xff\xfe")
    with path.open("ab") as file:
        file.write(b'{"at":"cut o')
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    entries = read_recording(path)
    assert [(each.direction, each.body) for each in entries] == [("in", b'{"a":"\n"}'), ("out", b"\xff\xfe")]
    assert [each.encoding for each in entries] == ["utf-8", "base64"]


def test_a_full_disk_ends_the_recording_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    with record_to(Path("/dev/full")) as recorder:
        recorder("in", b"{}")
        recorder("out", b"{}")
    assert capsys.readouterr().err == "the recording ends here: No space left on device\n"


def test_a_recording_that_cannot_be_written_or_read(tmp_path: Path) -> None:
    with pytest.raises(OutputUnwritable), record_to(tmp_path / "no" / "r.jsonl"):
        pass
    (tmp_path / "bad").write_bytes(b'{"at":"t"}\n')
    with pytest.raises(InvalidRequest, match="line 1"):
        read_recording(tmp_path / "bad")


async def test_the_same_answers_make_no_difference() -> None:
    async with server() as wire:
        assert await replay(conversation(), wire) == []


async def test_other_answers_are_told_with_their_place() -> None:
    entries = conversation()
    entries[3] = Entry("t", "out", '{"jsonrpc":"2.0","id":2,"result":{"a/b":[1,3],"gone":1,"more":[1]}}')
    async with server() as wire:
        found = await replay(entries, wire)
    assert [(each.id, each.method, each.pointer, each.recorded, each.replayed) for each in found] == [
        (2, "echo", "/result/a~1b/1", 3, 2),
        (2, "echo", "/result/gone", 1, "(missing)"),
        (2, "echo", "/result/more", [1], "(missing)"),
    ]


async def test_an_answer_that_does_not_come_is_a_timeout_or_missing() -> None:
    entries = [*conversation(), Entry("t", "out", '{"jsonrpc":"2.0","id":99,"result":1}')]
    async with server() as wire:
        with pytest.raises(Timeout):
            await replay(entries, wire, answer_seconds=0.3)
    ending = [*conversation()[:2], Entry("t", "in", encoded("exit").decode()), Entry("t", "out", '{"id":9,"result":1}')]
    async with server() as wire:
        (difference,) = await replay(ending, wire)
        assert (difference.id, difference.replayed) == (9, "(missing)")


async def test_messages_with_line_breaks_go_by_content_length() -> None:
    entries = conversation()
    entries[2] = Entry("t", "in", entries[2].message.replace(",", ",\n"))
    async with server() as wire:
        assert await replay(entries, wire) == []
