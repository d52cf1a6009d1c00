"""Floats between the processes of a mix and files: threads at the other end of a pipe."""

from __future__ import annotations

import errno
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import trio

from protocol.errors import DiskFull, OutputUnwritable, SidecarError
from sidecar.services.render.pipes import PIPE_BYTES, End


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some bytes of a mix: all those of a file, or silence."""

    bytes: int
    path: Path | None


async def beside(thread: Callable[[], None], child: Callable[[], Awaitable[None]], end: End) -> None:
    """Run a thread at one end of a pipe while a child works at the other, whose end here is `end`.

    That end is closed when the child is done, however it ends, which is how the thread comes to its own. The thread's
    error comes first: that a child complains of its pipe follows from it. Raises DiskFull, OutputUnwritable.
    """
    failed: list[SidecarError] = []
    async with trio.open_nursery() as nursery:

        async def work() -> None:
            try:
                # A place of its own: one of those that all share would be taken from what it waits for.
                await trio.to_thread.run_sync(thread, limiter=trio.CapacityLimiter(1))
            except SidecarError as error:
                failed.insert(0, error)
                nursery.cancel_scope.cancel()

        nursery.start_soon(work)
        try:
            await child()
        except SidecarError as error:
            failed.append(error)
        finally:
            end.close()
    if failed:
        raise failed[0]


def take(source: int, lengths: Sequence[int], name: Callable[[int], Path], done: Callable[[int, Path], None]) -> None:
    """Cut what comes out of a pipe into files of these lengths, until it ends.

    `done` is given each file that is whole, and may take it away; no other is left.
    """
    for number, length in enumerate(lengths):
        path = name(number)
        try:
            if not _filled(path, source, length):
                return
            done(number, path)
        except OSError as error:
            raise _unwritable(path, error, length) from error
        finally:
            path.unlink(missing_ok=True)


def _filled(path: Path, source: int, length: int) -> bool:
    with path.open("xb", buffering=0) as file:
        left = length
        while left:
            data = os.read(source, min(left, PIPE_BYTES))
            if not data:
                return False
            file.write(data)
            left -= len(data)
    return True


def feed(sink: End, stretches: Iterable[Stretch], fed: Callable[[int], None]) -> None:
    """Write stretches of a mix into a pipe and close it; `fed` is told of bytes. A reader that is gone ends it."""
    try:
        for data in _pieces(stretches):
            left = data
            while left:
                left = left[os.write(sink.fd, left) :]
            fed(len(data))
    except BrokenPipeError:
        return
    finally:
        sink.close()


def gather(stretches: Iterable[Stretch], path: Path) -> None:
    """Write stretches of a mix into one file. Cancelled, it ends between two pieces."""
    try:
        with path.open("xb", buffering=0) as file:
            for data in _pieces(stretches):
                file.write(data)
                trio.from_thread.check_cancelled()
    except OSError as error:
        raise _unwritable(path, error, sum(stretch.bytes for stretch in stretches)) from error


def _pieces(stretches: Iterable[Stretch]) -> Iterator[memoryview]:
    nothing = memoryview(bytes(PIPE_BYTES))
    for stretch in stretches:
        if stretch.path is None:
            for start in range(0, stretch.bytes, PIPE_BYTES):
                yield nothing[: stretch.bytes - start]
            continue
        with stretch.path.open("rb", buffering=0) as file:
            while data := file.read(PIPE_BYTES):
                yield memoryview(data)


def _unwritable(path: Path, error: OSError, needed: int) -> SidecarError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(path=str(path), needed=needed)
    return OutputUnwritable(path=str(path), detail=error.strerror or str(error))
