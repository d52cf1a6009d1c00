from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path

import psutil
import pytest
import trio
import trio.testing

from protocol.errors import (
    DiskFull,
    FfmpegCrashed,
    FfmpegFailed,
    FfmpegNotFound,
    OutputUnwritable,
    ResourceLimit,
    Stalled,
    Timeout,
)
from sidecar.ffmpeg import executor
from sidecar.ffmpeg.builder.command import Command, Output, SideFile
from sidecar.ffmpeg.builder.graph import node
from sidecar.ffmpeg.executor import execute
from sidecar.ffmpeg.progress import FfmpegProgress
from sidecar.ffmpeg.supervisor import Child, Supervisor, open_supervisor
from sidecar.ffmpeg.supervisor.linux import Linux
from sidecar.ffmpeg.toolchain import Toolchain
from tests.ffmpeg.process.commands import encode, endless
from tests.ffmpeg.process.conftest import FakeMaker
from tests.ffmpeg.process.survivors import names, open_descriptors, until, written
from tests.harness.patience import PATIENCE

FRAME = Command(
    (
        Output(
            (node("format", node("color", medium="video", color="red", size="16x8", rate=25), pix_fmts="rgb24"),),
            (("frames:v", "2"), ("f", "rawvideo")),
            "pipe:1",
        ),
    )
)


async def test_a_run_reports_its_progress_and_leaves_its_output(
    supervisor: Supervisor, toolchain: Toolchain, tmp_path: Path
) -> None:
    blocks: list[FfmpegProgress] = []
    with trio.fail_after(PATIENCE):
        done = await execute(
            encode(seconds=2),
            toolchain=toolchain,
            supervisor=supervisor,
            work=tmp_path,
            role="render",
            on_progress=blocks.append,
        )
    assert blocks[-1].end
    assert blocks[-1].frame == 50
    assert blocks[-1].total_size == (tmp_path / "out.nut").stat().st_size
    assert blocks[-1].out_time is not None
    assert Fraction(19, 10) < blocks[-1].out_time <= 2
    assert 0 < done.seconds < 20
    assert (done.stdout, done.stderr) == (b"", [])
    assert names(tmp_path) == ["out.nut"]


async def test_raw_frames_are_captured_to_the_byte(
    supervisor: Supervisor, toolchain: Toolchain, tmp_path: Path
) -> None:
    with trio.fail_after(PATIENCE):
        done = await execute(
            FRAME, toolchain=toolchain, supervisor=supervisor, work=tmp_path, role="preview", capture_stdout=True
        )
    assert len(done.stdout) == 2 * 16 * 8 * 3
    assert set(done.stdout[::3]) <= {253, 254, 255}


async def test_a_capture_has_a_bound(supervisor: Supervisor, toolchain: Toolchain, tmp_path: Path) -> None:
    big = Command((Output((node("testsrc2", medium="video", size="640x360"),), (("f", "rawvideo"),), "pipe:1"),))
    with trio.fail_after(PATIENCE), pytest.raises(ResourceLimit):
        await execute(
            big,
            toolchain=toolchain,
            supervisor=supervisor,
            work=tmp_path,
            role="preview",
            capture_stdout=True,
            stdout_limit=1_000_000,
        )
    assert supervisor.children() == ()


async def test_warnings_come_back(supervisor: Supervisor, toolchain: Toolchain, tmp_path: Path) -> None:
    odd = encode(pix_fmt="yuva420p10le")
    with trio.fail_after(PATIENCE):
        done = await execute(odd, toolchain=toolchain, supervisor=supervisor, work=tmp_path, role="test")
    assert any("[warning] Incompatible pixel format" in line for line in done.stderr)


async def test_side_files_stand_in_the_working_folder(
    supervisor: Supervisor, toolchain: Toolchain, tmp_path: Path
) -> None:
    script = SideFile("commands.txt", b"0.0 nothing brightness 1;")
    picture = node("sendcmd", node("testsrc2", medium="video", size="64x64", duration=0.2), f=script.name)
    command = Command((Output((picture,), (("f", "null"),), "-"),), files=(script,))
    with trio.fail_after(PATIENCE):
        await execute(command, toolchain=toolchain, supervisor=supervisor, work=tmp_path, role="test")
    assert names(tmp_path) == ["commands.txt"]


async def test_a_long_graph_goes_through_a_file(supervisor: Supervisor, toolchain: Toolchain, tmp_path: Path) -> None:
    picture = node("testsrc2", medium="video", size="64x64", duration=0.2)
    for number in range(40):
        picture = node("metadata", picture, mode="add", key=f"k{number}", value="v" * 2_000)
    command = Command((Output((picture,), (("f", "null"),), "-"),))
    with trio.fail_after(PATIENCE):
        await execute(command, toolchain=toolchain, supervisor=supervisor, work=tmp_path, role="test")
    assert (tmp_path / "graph.txt").stat().st_size > 65_536


async def test_a_side_file_is_no_path(supervisor: Supervisor, toolchain: Toolchain, tmp_path: Path) -> None:
    command = Command((), files=(SideFile("../escape", b""),))
    with pytest.raises(ValueError, match="plain name"):
        await execute(command, toolchain=toolchain, supervisor=supervisor, work=tmp_path, role="test")


async def test_side_files_that_cannot_be_written_are_typed(
    supervisor: Supervisor, toolchain: Toolchain, tmp_path: Path
) -> None:
    command = Command((), files=(SideFile("full", b"x" * 10),))
    (tmp_path / "full").symlink_to("/dev/full")
    with pytest.raises(DiskFull):
        await execute(command, toolchain=toolchain, supervisor=supervisor, work=tmp_path, role="test")
    with pytest.raises(OutputUnwritable):
        await execute(command, toolchain=toolchain, supervisor=supervisor, work=tmp_path / "missing", role="test")


async def test_a_binary_that_is_gone_is_not_found(supervisor: Supervisor, toolchain: Toolchain, tmp_path: Path) -> None:
    before = open_descriptors()
    gone = Toolchain(tmp_path / "gone", toolchain.version, toolchain.licence, "setting")
    with pytest.raises(FfmpegNotFound) as caught:
        await execute(encode(), toolchain=gone, supervisor=supervisor, work=tmp_path, role="test")
    assert caught.value.tried == [str(tmp_path / "gone")]
    assert open_descriptors() == before


async def running(supervisor: Supervisor, output: Path) -> Child:
    """Return the one child once it has written something."""
    await until(lambda: written(output))
    (child,) = supervisor.children()
    return child


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
async def test_ffmpeg_killed_by_another_is_a_typed_error(
    supervisor: Supervisor, toolchain: Toolchain, tmp_path: Path, number: signal.Signals
) -> None:
    async def kill() -> None:
        os.kill((await running(supervisor, tmp_path / "out.nut")).pid, number)

    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(kill)
            with pytest.raises(FfmpegCrashed) as caught:
                await execute(
                    endless(), toolchain=toolchain, supervisor=supervisor, work=tmp_path, role="render", tag="job"
                )
    assert caught.value.signal == number
    assert caught.value.retryable


async def test_cancelling_kills_at_once_and_leaves_no_process(
    supervisor: Supervisor, toolchain: Toolchain, tmp_path: Path
) -> None:
    before = open_descriptors()
    with trio.fail_after(PATIENCE):
        for _ in range(5):
            (tmp_path / "out.nut").unlink(missing_ok=True)
            async with trio.open_nursery() as nursery:

                async def run() -> None:
                    await execute(
                        endless(), toolchain=toolchain, supervisor=supervisor, work=tmp_path, role="render", tag="job"
                    )

                nursery.start_soon(run)
                child = await running(supervisor, tmp_path / "out.nut")
                nursery.cancel_scope.cancel()
            # Not asked to end first: then it would finish its file, which takes more than a second.
            assert child.returncode == -signal.SIGKILL
    assert supervisor.children() == ()
    assert psutil.Process().children(recursive=True) == []
    assert open_descriptors() == before


async def test_an_error_of_the_listener_ends_the_run_and_is_raised(
    supervisor: Supervisor, toolchain: Toolchain, tmp_path: Path
) -> None:
    def listener(_block: FfmpegProgress) -> None:
        raise LookupError("the listener's own")

    with trio.fail_after(PATIENCE), pytest.raises(LookupError):
        await execute(
            endless(),
            toolchain=toolchain,
            supervisor=supervisor,
            work=tmp_path,
            role="render",
            on_progress=listener,
        )
    assert supervisor.children() == ()


@pytest.mark.parametrize(
    "script",
    [
        "trap '' TERM INT HUP; while :; do sleep 60; done",
        "exec 1>&- 2>&-; sleep 600",
        "while :; do echo frame=0; echo progress=continue; done >&2",
        (
            "for word; do case $word in pipe:*) fd=${word#pipe:};; esac; done; "
            "while :; do printf 'frame=3\\nprogress=continue\\n' >/dev/fd/$fd; sleep 0.05; done"
        ),
    ],
    ids=["ignores signals", "closes its pipes", "floods stderr", "reports the same for ever"],
)
async def test_what_makes_no_progress_is_stalled(
    supervisor: Supervisor, fake: FakeMaker, tmp_path: Path, script: str
) -> None:
    with trio.fail_after(PATIENCE), pytest.raises(Stalled) as caught:
        await execute(
            encode(), toolchain=fake(script), supervisor=supervisor, work=tmp_path, role="render", stall_after=0.5
        )
    assert caught.value.seconds == 0.5
    assert psutil.Process().children(recursive=True) == []


async def test_a_flood_on_stderr_is_survived(supervisor: Supervisor, fake: FakeMaker, tmp_path: Path) -> None:
    flood = fake("head -c 100000000 /dev/zero | tr '\\0' x >&2; echo '\n[error] too much' >&2; exit 1")
    with trio.fail_after(PATIENCE), pytest.raises(FfmpegFailed) as caught:
        await execute(encode(), toolchain=flood, supervisor=supervisor, work=tmp_path, role="render")
    assert caught.value.detail == "too much"
    assert sum(map(len, caught.value.stderr)) < 10_000


async def test_one_frozen_from_outside_is_stalled(supervisor: Supervisor, toolchain: Toolchain, tmp_path: Path) -> None:
    frozen = False

    async def freeze() -> None:
        nonlocal frozen
        os.kill((await running(supervisor, tmp_path / "out.nut")).pid, signal.SIGSTOP)
        frozen = True

    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(freeze)
            with pytest.raises(Stalled):
                await execute(
                    endless(),
                    toolchain=toolchain,
                    supervisor=supervisor,
                    work=tmp_path,
                    role="render",
                    stall_after=0.75,
                    marks=lambda: None if frozen else object(),  # until then it may start as slowly as it likes
                )
    assert supervisor.children() == ()


async def test_a_limit_ends_what_takes_too_long(supervisor: Supervisor, toolchain: Toolchain, tmp_path: Path) -> None:
    with trio.fail_after(PATIENCE), pytest.raises(Timeout) as caught:
        await execute(endless(), toolchain=toolchain, supervisor=supervisor, work=tmp_path, role="preview", limit=0.5)
    assert (caught.value.operation, caught.value.seconds) == ("preview", 0.5)


def fault_of(run: executor._Run) -> Exception | None:
    return run.fault


@asynccontextmanager
async def watched(folder: Path, stall_after: float, limit: float) -> AsyncIterator[executor._Run]:
    """A child that does nothing, and the watchdog beside it."""
    async with open_supervisor() as supervisor:
        run = executor._Run(await supervisor.spawn(["/bin/sleep", "600"], cwd=folder, role="test"))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(executor._watch, run, stall_after, limit)
            await trio.testing.wait_all_tasks_blocked()
            yield run
            nursery.cancel_scope.cancel()


async def tick(clock: trio.testing.MockClock, times: int) -> None:
    """Let the watchdog look so often."""
    for _ in range(times):
        clock.jump(executor.TICK)
        await trio.testing.wait_all_tasks_blocked()


async def test_a_machine_that_slept_wakes_to_a_patient_watchdog(
    mock_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with watched(tmp_path, 60, 90) as run:
        mock_clock.jump(8 * 3_600)
        await trio.testing.wait_all_tasks_blocked()
        assert fault_of(run) is None
        await tick(mock_clock, 240)
        assert isinstance(fault_of(run), Stalled)


async def test_a_pause_does_not_trip_the_watchdog_nor_the_limit(
    mock_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    async with watched(tmp_path, 60, 90) as run:
        await tick(mock_clock, 200)
        run.child.stop()
        await tick(mock_clock, 2_000)
        assert fault_of(run) is None
        run.child.cont()
        await tick(mock_clock, 39)
        assert fault_of(run) is None
        await tick(mock_clock, 1)
        assert isinstance(fault_of(run), Stalled)


async def test_one_that_is_slow_but_alive_is_not_stalled(mock_clock: trio.testing.MockClock, tmp_path: Path) -> None:
    async with watched(tmp_path, 60, 10_000) as run:
        for _ in range(5):
            await tick(mock_clock, 239)
            run.advanced = True
        assert fault_of(run) is None
        await tick(mock_clock, 241)
        assert isinstance(fault_of(run), Stalled)


async def test_a_limit_holds_also_for_what_goes_on(mock_clock: trio.testing.MockClock, tmp_path: Path) -> None:
    async with watched(tmp_path, 60, 90) as run:
        for _ in range(3):
            await tick(mock_clock, 119)
            run.advanced = True
        assert fault_of(run) is None
        await tick(mock_clock, 3)
        assert isinstance(fault_of(run), Timeout)


class NoDescriptors(Linux):
    """A platform that cannot pass descriptors on, as Windows."""

    passes_fds = False


async def test_without_descriptors_progress_comes_by_stdout(toolchain: Toolchain, tmp_path: Path) -> None:
    blocks: list[FfmpegProgress] = []
    with trio.fail_after(PATIENCE):
        async with open_supervisor(NoDescriptors()) as supervisor:
            await execute(
                encode(),
                toolchain=toolchain,
                supervisor=supervisor,
                work=tmp_path,
                role="render",
                on_progress=blocks.append,
            )
            assert blocks[-1].frame == 25
            done = await execute(
                FRAME, toolchain=toolchain, supervisor=supervisor, work=tmp_path, role="preview", capture_stdout=True
            )
            assert len(done.stdout) == 2 * 16 * 8 * 3
