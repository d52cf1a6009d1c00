"""Closing a supervisor ends what it started, whatever state that is in."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import trio
import trio.testing

from protocol.errors import ShuttingDown, Timeout
from sidecar.ffmpeg.executor import execute
from sidecar.ffmpeg.supervisor import Supervisor, open_supervisor
from sidecar.ffmpeg.supervisor.child import END_GRACE
from sidecar.ffmpeg.supervisor.linux import Linux
from sidecar.ffmpeg.supervisor.platform import Platform, Process, Start
from sidecar.ffmpeg.toolchain import Toolchain
from tests.ffmpeg.process.commands import encode
from tests.ffmpeg.process.survivors import SLEEPER, gone, grandchildren, open_descriptors, portable
from tests.harness.patience import PATIENCE


@pytest.mark.parametrize("make", [Linux, portable])
async def test_closing_ends_everything_and_raises_what_the_body_raised(
    make: Callable[[], Platform], tmp_path: Path
) -> None:
    before = open_descriptors()
    with trio.fail_after(PATIENCE):
        with pytest.raises(ZeroDivisionError):  # noqa: PT012
            async with open_supervisor(make()) as supervisor:
                children = [await supervisor.spawn(SLEEPER, cwd=tmp_path, role="test") for _ in range(3)]
                inside = await grandchildren(children[0])
                raise ZeroDivisionError
        assert [child.returncode for child in children] == [-signal.SIGKILL] * 3
        await gone(inside)
        with pytest.raises(ShuttingDown):
            await supervisor.spawn(SLEEPER, cwd=tmp_path, role="test")
    assert psutil.Process().children() == []
    assert open_descriptors() == before


async def test_closing_under_cancellation_ends_everything(tmp_path: Path) -> None:
    with trio.fail_after(PATIENCE):
        with trio.CancelScope() as scope:
            async with open_supervisor() as supervisor:
                await supervisor.spawn(SLEEPER, cwd=tmp_path, role="test")
                scope.cancel()
                await trio.sleep_forever()
        assert scope.cancelled_caught
    assert psutil.Process().children() == []


class Slow:
    """A platform whose starts take until they are let."""

    passes_fds = True

    def __init__(self) -> None:
        self.inner = Linux()
        self.begun, self.go = trio.Event(), trio.Event()

    async def start(self, start: Start) -> Process:
        process = await self.inner.start(start)
        self.begun.set()
        with trio.CancelScope(shield=True):
            await self.go.wait()
        return process

    def close(self) -> None:
        self.inner.close()


async def test_a_child_born_while_closing_is_ended_too(tmp_path: Path) -> None:
    slow, refused = Slow(), trio.Event()

    async def start(supervisor: Supervisor) -> None:
        with pytest.raises(ShuttingDown):
            await supervisor.spawn(SLEEPER, cwd=tmp_path, role="test")
        refused.set()

    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            async with open_supervisor(slow) as supervisor:
                nursery.start_soon(start, supervisor)
                await slow.begun.wait()
                nursery.start_soon(_let, slow)
            await refused.wait()
    assert psutil.Process().children() == []


async def _let(slow: Slow) -> None:
    await trio.testing.wait_all_tasks_blocked()
    slow.go.set()


class Unkillable:
    """A child that hangs inside the kernel: signals do nothing and its end does not come."""

    pid, stdin, stdout = 1 << 30, None, None

    def __init__(self) -> None:
        self.stderr = trio.testing.memory_stream_pair()[1]
        self.kills = 0

    async def ended(self) -> None:
        await trio.sleep_forever()

    def signal_kill(self) -> None:
        self.kills += 1

    signal_stop = signal_continue = signal_kill

    def reap(self) -> int:
        raise AssertionError("it has not ended")


class Stuck:
    """A platform whose children cannot be ended."""

    passes_fds = True

    async def start(self, start: Start) -> Process:
        return Unkillable()

    def close(self) -> None:
        pass


async def test_one_that_cannot_be_ended_holds_nobody_up_for_ever(
    autojump_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with open_supervisor(Stuck()) as supervisor:
        child = await supervisor.spawn(SLEEPER, cwd=tmp_path, role="test")
        await child.aclose()
        assert trio.current_time() - child.started == END_GRACE
        assert supervisor.children() == (child,)
    assert trio.current_time() - child.started == 2 * END_GRACE


async def test_an_execution_gives_up_on_one_that_cannot_be_ended(
    autojump_clock: trio.testing.MockClock, toolchain: Toolchain, tmp_path: Path
) -> None:
    began = trio.current_time()
    async with open_supervisor(Stuck()) as supervisor:
        with pytest.raises(Timeout):
            await execute(encode(), toolchain=toolchain, supervisor=supervisor, work=tmp_path, role="test", limit=10)
        assert 10 <= trio.current_time() - began <= 10 + 3 * END_GRACE
