"""The life of the process, in real processes."""

from __future__ import annotations

import signal
import subprocess
import sys

import psutil
import pytest
import trio

from protocol.client import Unexpected
from protocol.errors import Cancelled
from protocol.framing import MAX_MESSAGE
from sidecar.transport.serve import ENDINGS
from tests.harness.paths import ROOT
from tests.harness.patience import PATIENCE
from tests.harness.shell import INITIALIZE, TEST_SERVER, Shell, spawn
from tests.transport.table import encoded


async def begun(shell: Shell, name: str) -> int:
    """Start a request that never ends, and return once it runs."""
    number, data = shell.client.request("wait", {"name": name}, progress=True)
    await shell.send(data)
    with trio.fail_after(PATIENCE):
        while not shell.events:
            shell.events += shell.client.feed(await shell.read())
    shell.events.clear()
    return number


async def test_shutdown_and_exit() -> None:
    async with spawn() as shell:
        assert await shell.call("initialize", INITIALIZE) == {"protocol": 1}
        assert await shell.call("shutdown") == {}
        await shell.send(encoded("exit") + b"\n")
        assert await shell.ended() == ENDINGS["exit"].code


async def test_exit_answers_what_runs_with_cancelled() -> None:
    async with spawn() as shell:
        await shell.call("initialize", INITIALIZE)
        number = await begun(shell, "a")
        await shell.call("exit")
        with pytest.raises(Cancelled) as caught:
            await shell.answer(number)
        assert caught.value.context() == {"reason": "connectionClosed"}
        assert await shell.ended() == 0


async def test_at_the_end_of_input_what_was_read_is_answered() -> None:
    async with spawn() as shell:
        await shell.send(encoded("initialize", INITIALIZE, 1) + b"\n" + encoded("echo", {"x": 1}, 2))
        await shell.close()
        assert [each["id"] for each in await shell.lines()] == [1, 2]
        assert await shell.ended() == ENDINGS["eof"].code


async def test_at_the_end_of_input_there_are_two_seconds() -> None:
    async with spawn() as shell:
        await shell.call("initialize", INITIALIZE)
        await begun(shell, "a")
        start = trio.current_time()
        await shell.close()
        (answer,) = await shell.lines()
        assert answer["error"]["code"] == -32800
        assert trio.current_time() - start > 1.9
        assert await shell.ended() == 0


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
async def test_signals_end_it_cleanly(name: str) -> None:
    async with spawn() as shell:
        await shell.call("initialize", INITIALIZE)
        await begun(shell, "a")
        shell.process.send_signal(getattr(signal, name))
        (answer,) = await shell.lines()
        assert answer["error"]["code"] == -32800
        assert await shell.ended() == {"SIGTERM": 143, "SIGINT": 130}[name]


async def test_a_message_beyond_the_limit_is_answered_and_ends_the_connection() -> None:
    async with spawn() as shell:
        await shell.call("initialize", INITIALIZE)

        async def write() -> None:
            with pytest.raises(trio.BrokenResourceError):
                await shell.send(b"x" * 100_000_000)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(write)
            (answer,) = await shell.lines()
        assert (answer["id"], answer["error"]["code"]) == (None, -32008)
        assert answer["error"]["data"]["context"] == {"limit": MAX_MESSAGE}
        assert await shell.ended() == ENDINGS["unframed"].code


async def test_a_client_that_stops_reading_and_leaves_is_left() -> None:
    async with spawn() as shell:
        assert shell.process.stdout is not None
        await shell.process.stdout.aclose()
        await shell.send(encoded("rpc.discover", {}, 1) + b"\n")
        assert await shell.ended() == ENDINGS["parentGone"].code


async def test_a_named_process_that_dies_takes_it_along() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as named:  # noqa: ASYNC220
        async with spawn() as shell:
            await shell.call("initialize", {**INITIALIZE, "processId": named.pid})
            await begun(shell, "a")
            named.kill()
            assert await shell.ended() == ENDINGS["parentGone"].code


async def test_a_process_that_cannot_be_seen_is_not_watched() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:  # noqa: ASYNC220 - gone in a moment
        gone.wait()
        async with spawn() as shell:
            await shell.call("initialize", {**INITIALIZE, "processId": gone.pid})
            assert await shell.call("echo", {"x": 1}) == {"x": 1}


LAUNCHER = """
import subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdin=0, stdout=1)
print(child.pid, file=sys.stderr, flush=True)
time.sleep(60)
"""


async def test_a_parent_that_is_killed_takes_it_along_though_the_pipes_stay_open() -> None:
    command = [sys.executable, "-c", LAUNCHER, *TEST_SERVER]
    async with spawn(command, stderr=subprocess.PIPE) as shell:
        assert shell.process.stderr is not None
        await shell.call("initialize", INITIALIZE)
        pid = int(bytes(await shell.process.stderr.receive_some()))
        server = psutil.Process(pid)
        shell.process.send_signal(signal.SIGKILL)
        assert await shell.rest() == b""
        await trio.to_thread.run_sync(psutil.wait_procs, [server], PATIENCE)
        assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("fault", [b"Content-Type: x\r\n\r\n", b"C" * 5_000, b"Content-Length: 99999999\r\n\r\n"])
async def test_headers_that_cannot_be_read_end_the_connection(fault: bytes) -> None:
    async with spawn() as shell:
        await shell.send(fault)
        data = await shell.rest()
        assert data.startswith(b"Content-Length: ")
        assert (b"-32008" if b"999" in fault else b"-32700") in data
        assert await shell.ended() == ENDINGS["unframed"].code


async def test_nothing_but_messages_is_on_the_wire() -> None:
    async with spawn(stderr=subprocess.PIPE) as shell:
        assert shell.process.stderr is not None
        await shell.call("initialize", INITIALIZE)
        number, data = shell.client.request("pollute", {})
        await shell.send(data + encoded("exit") + b"\n")
        (answer,) = await shell.lines()
        assert answer["id"] == number
        said = b""
        with trio.fail_after(PATIENCE):
            while chunk := await shell.process.stderr.receive_some():
                said += bytes(chunk)
        assert sorted(said.splitlines()) == [b"by a child", b"by descriptor", b"printed"]


async def test_a_shell_that_never_reads_stderr_does_not_stop_it() -> None:
    async with spawn(stderr=subprocess.PIPE) as shell:
        await shell.call("initialize", INITIALIZE)
        for _ in range(2):
            assert await shell.call("flood") is None
        assert await shell.call("echo", {"x": 1}) == {"x": 1}
        await shell.close()
        assert await shell.ended() == 0


async def test_input_and_output_may_be_files(tmp_path: object) -> None:
    requests, answers = f"{tmp_path}/requests", f"{tmp_path}/answers"
    with open(requests, "wb") as file:  # noqa: ASYNC230, PTH123
        file.write(encoded("rpc.discover", None, 1) + b"\n")
    with open(requests, "rb") as stdin, open(answers, "ab") as stdout:  # noqa: ASYNC230, PTH123
        stdout.write(b"before\n")
        stdout.flush()
        with trio.fail_after(PATIENCE):
            done = await trio.run_process(list(TEST_SERVER), stdin=stdin, stdout=stdout, cwd=ROOT, check=False)
    assert done.returncode == 0
    with open(answers, "rb") as file:  # noqa: ASYNC230, PTH123
        before, answer = file.read().splitlines()
    assert before == b"before"
    assert b'"openrpc"' in answer


async def test_a_client_that_reads_no_answers_is_not_read_either_and_loses_none() -> None:
    count, text = 60, "x" * 1_000_000
    async with spawn() as shell:
        await shell.call("initialize", INITIALIZE)
        server = psutil.Process(shell.process.pid)
        before = server.memory_info().rss
        sent = 0

        async def write() -> None:
            nonlocal sent
            for number in range(count):
                await shell.send(encoded("echo", {"text": text}, number) + b"\n")
                sent += 1

        async with trio.open_nursery() as nursery:
            nursery.start_soon(write)
            with trio.fail_after(PATIENCE):
                seen = -1
                while sent != seen or sent < 8:  # until nothing more is taken
                    seen = sent
                    await trio.sleep(0.3)
            assert sent < count / 2
            assert server.memory_info().rss - before < 40_000_000
            ids: list[Unexpected] = []
            with trio.fail_after(PATIENCE):
                while len(ids) < count:
                    shell.events += shell.client.feed(await shell.read())
                    ids += [each for each in shell.events if isinstance(each, Unexpected)]
                    shell.events.clear()
        assert len(ids) == count
