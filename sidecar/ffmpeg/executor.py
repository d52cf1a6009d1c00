"""Runs a built command: side files, progress, watchdog, and a typed error for every way to fail."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

import trio
from trio.abc import ReceiveStream

from protocol.errors import (
    DependencyMissing,
    DiskFull,
    FfmpegNotFound,
    OutputUnwritable,
    ResourceLimit,
    Stalled,
    Timeout,
)
from sidecar.core.spans import Timed
from sidecar.ffmpeg.builder.command import Command, SideFile, arguments
from sidecar.ffmpeg.failures import doubted, failure, redact
from sidecar.ffmpeg.progress import FfmpegProgress, ProgressParser
from sidecar.ffmpeg.supervisor import Child, Supervisor
from sidecar.ffmpeg.supervisor.child import END_GRACE
from sidecar.ffmpeg.toolchain import Toolchain

REPORT_EVERY = 0.1
"""Seconds between two blocks of progress."""

STDOUT_LIMIT = 512 * 1024 * 1024
"""Bytes that a capture may hold: one frame of 64 megapixels at 16 bits, four channels."""

GLOBALS = ("-y", "-nostats", "-loglevel", "level+warning", "-stats_period", f"{REPORT_EVERY}")

READ_GRACE = 1.0
"""Seconds that pipes may stay open after the group was ended: only a process that left its group can hold them."""

TICK = 0.25
"""Seconds between two looks of the watchdog."""


@dataclass(frozen=True, slots=True)
class Execution:
    """A run that succeeded: how long it took in seconds, what it wrote to stdout, and its warnings.

    `doubted` are the inputs of which a decoder complained.
    """

    seconds: float
    stdout: bytes
    stderr: list[str]
    doubted: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Run:
    """What the tasks around one child share. `fault` is why the child was ended, where we ended it."""

    child: Child
    advanced: bool = False
    fault: Exception | None = None
    marks: Callable[[], object] = field(default=lambda: None)
    waiting: trio.CancelScope = field(default_factory=trio.CancelScope)
    stdout: bytearray = field(default_factory=bytearray)

    def end(self, fault: Exception) -> None:
        self.fault = self.fault or fault
        self.child.kill()
        self.waiting.deadline = trio.current_time() + END_GRACE


async def execute(
    command: Command,
    *,
    toolchain: Toolchain,
    supervisor: Supervisor,
    work: Path,
    role: str,
    tag: str | None = None,
    on_progress: Callable[[FfmpegProgress], None] | None = None,
    stall_after: float = 60,
    limit: float | None = None,
    capture_stdout: bool = False,
    stdout_limit: int = STDOUT_LIMIT,
    pass_fds: tuple[int, ...] = (),
    background: bool = False,
    last: bool = False,
    on_start: Callable[[Child], None] | None = None,
    marks: Callable[[], object] = lambda: None,
) -> Execution:
    """Run a command to its end in the existing folder `work`, where its side files are written and stay.

    Outputs that exist are overwritten. `pass_fds` are descriptors that the child gets under their own numbers;
    `background` and `last` are those of Supervisor.spawn.
    `on_start` is given the child. `marks` is asked about four times a second: when it returns another value, outputs
    have advanced of which FFmpeg does not report: all but the first, and none before each has its first frame.
    `stall_after` is how many seconds of running it may pass without a new frame, time or byte; `limit` bounds the
    whole run. Neither counts time in which the child is stopped, or the machine slept. Cancelled, or failed in any way,
    the process group is killed (SIGKILL) and gone before this returns or raises; what it has written so far is the
    caller's to remove. An error of `on_progress` ends the run too.

    Raises:
        DiskFull, OutputUnwritable, MediaNotFound, MediaUnreadable, MediaUnsupported, MediaEncrypted,
        PermissionDenied, EncoderUnavailable, DependencyMissing, FfmpegFailed: by FFmpeg's own account.
        FfmpegCrashed: a signal from elsewhere ended it.
        Stalled, Timeout, ResourceLimit: the watchdog, `limit` or `stdout_limit` ended it.
        FfmpegNotFound: the binary is gone.

    """
    with Timed("ffmpeg", role=role):
        built = arguments(command)
        await trio.to_thread.run_sync(_write_side_files, work, built.files)
        began = trio.current_time()
        child, reports = await _start(
            built.argv,
            toolchain=toolchain,
            supervisor=supervisor,
            work=work,
            environment=dict(command.environment),
            role=role,
            tag=tag,
            capture=capture_stdout,
            pass_fds=pass_fds,
            background=background,
            last=last,
        )
        run = _Run(child, marks=marks)
        if on_start is not None:
            on_start(child)
        stdout = stdout_limit if capture_stdout else None
        status = await _attended(run, reports, on_progress, stall_after=stall_after, limit=limit, stdout=stdout)
    inputs = [value for name, value in zip(built.argv, built.argv[1:], strict=False) if name == "-i"]
    if status != 0:
        raise failure(status, child.stderr_tail(), inputs=inputs, outputs=[output.target for output in command.outputs])
    return _executed(run, inputs, trio.current_time() - began)


async def _attended(
    run: _Run,
    reports: ReceiveStream | None,
    on_progress: Callable[[FfmpegProgress], None] | None,
    *,
    stall_after: float,
    limit: float | None,
    stdout: int | None,
) -> int:
    """Read what a child writes, and watch over it, until it ends; returns its status. `stdout`: bytes that are kept."""
    child = run.child
    async with child, trio.open_nursery() as watching:
        if reports is not None or limit is not None:
            watching.start_soon(_watch, run, stall_after if reports is not None else inf, limit)
        async with trio.open_nursery() as reading:
            if reports is not None:
                reading.start_soon(_follow, run, reports, on_progress)
            if stdout is not None:
                reading.start_soon(_capture, run, stdout)
            with run.waiting:
                status = await child.wait()
            reading.cancel_scope.deadline = trio.current_time() + READ_GRACE
        watching.cancel_scope.cancel()
    if run.fault is not None:
        raise run.fault
    return status


def _executed(run: _Run, inputs: Sequence[str], seconds: float) -> Execution:
    """Say what came of a run that succeeded."""
    said = redact(run.child.stderr_tail()).splitlines()
    complained = [inputs[number] for number in sorted(doubted(said)) if number < len(inputs)]
    return Execution(seconds, bytes(run.stdout), said, complained)


async def _start(
    argv: tuple[str, ...],
    *,
    toolchain: Toolchain,
    supervisor: Supervisor,
    work: Path,
    environment: dict[str, str],
    role: str,
    tag: str | None,
    capture: bool,
    pass_fds: tuple[int, ...],
    background: bool,
    last: bool,
) -> tuple[Child, ReceiveStream | None]:
    """Start FFmpeg and return it with the stream of its reports; None where there is no way to have them."""
    with ExitStack() as theirs, ExitStack() as ours:
        globals_: tuple[str, ...] = GLOBALS
        reports: ReceiveStream | None = None
        if supervisor.passes_fds:
            read, write = os.pipe()
            ours.callback(os.close, read)
            theirs.callback(os.close, write)
            pass_fds += (write,)
            globals_ += ("-progress", f"pipe:{write}")
        elif not capture:
            globals_ += ("-progress", "pipe:1")
        piped = capture or not supervisor.passes_fds
        try:
            child = await supervisor.spawn(
                [toolchain.path, *globals_, *argv],
                cwd=work,
                env=environment,
                stdout="pipe" if piped else "null",
                pass_fds=pass_fds,
                background=background,
                last=last,
                role=role,
                tag=tag,
            )
        except DependencyMissing as error:
            raise FfmpegNotFound(detail=error.detail, tried=[str(toolchain.path)]) from error
        ours.pop_all()
        if supervisor.passes_fds:
            reports = trio.lowlevel.FdStream(read)
        elif not capture:
            reports = child.stdout
        return child, reports


async def _follow(run: _Run, reports: ReceiveStream, on_progress: Callable[[FfmpegProgress], None] | None) -> None:
    parser = ProgressParser()
    reached: tuple[object, ...] = ()
    async with reports:
        async for data in reports:
            for block in parser.feed(bytes(data)):
                now = (block.frame, block.out_time, block.total_size)
                run.advanced = run.advanced or now != reached
                reached = now
                if on_progress is not None and run.fault is None:
                    try:
                        on_progress(block)
                    except Exception as error:  # noqa: BLE001 - raised again once FFmpeg is gone
                        run.end(error)


async def _capture(run: _Run, limit: int) -> None:
    if run.child.stdout is None:
        raise AssertionError("a capture has a pipe")
    async for data in run.child.stdout:
        if len(run.stdout) + len(data) > limit:
            run.end(ResourceLimit(what="bytes of output", value=len(run.stdout) + len(data), limit=limit))
            return
        run.stdout += data


async def _watch(run: _Run, stall_after: float, limit: float | None) -> None:
    """End the child when it stands still or takes too long.

    Time counts in ticks of which none is longer than two: a machine that slept, or a sidecar that was stopped, wakes
    to at most that.
    """
    idle = total = 0.0
    marked = run.marks()
    last = trio.current_time()
    while run.fault is None:
        await trio.sleep(TICK)
        now = trio.current_time()
        passed, last = min(now - last, 2 * TICK), now
        if run.child.stopped:
            continue
        total += passed
        before, marked = marked, run.marks()
        idle = 0.0 if run.advanced or marked != before else idle + passed
        run.advanced = False
        if idle >= stall_after:
            run.end(Stalled(what=f"FFmpeg ({run.child.role})", seconds=stall_after))
        elif limit is not None and total >= limit:
            run.end(Timeout(operation=run.child.role, seconds=limit))


def _write_side_files(work: Path, files: tuple[SideFile, ...]) -> None:
    for file in files:
        if Path(file.name).name != file.name:
            raise ValueError(f"a side file has a plain name, not {file.name!r}")
        path = work / file.name
        try:
            path.write_bytes(file.content)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull(path=str(path), needed=len(file.content)) from error
            raise OutputUnwritable(path=str(path), detail=error.strerror or str(error)) from error
