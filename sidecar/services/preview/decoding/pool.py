"""Decoders: resident workers that write the frames of sources into FIFOs, for graphs that only compose."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import trio

from protocol.errors import DecoderCrashed, SidecarError
from sidecar.ffmpeg.builder.picture.feeds import Feed
from sidecar.ffmpeg.supervisor import FORKING, Supervisor
from sidecar.services.media.messages import error_of
from sidecar.services.preview.decoding.crew import Crew
from sidecar.services.preview.decoding.messages import Format, Origin, Reduction, Write

WORKER = (sys.executable, "-P", "-m", "sidecar.services.preview.decoding.worker")

HELD_BYTES = 256 << 20
"""Decoded pictures that all workers hold together."""

DECODER_BYTES = 1 << 30
"""What the decoders of all workers may take, about."""

IDLE_SECONDS = 30.0
"""A worker that has had nothing to do for so long is ended, and what it holds is let go of."""


@dataclass(frozen=True, slots=True)
class Stats:
    """What decoders have done so far, and what they hold, as of their last reports.

    `decoded` counts pictures that decoders gave, wanted or not; `written` frames that went to readers; `hits` of them
    those that were held already; `seeks` jumps to a keyframe.
    """

    workers: int = 0
    writing: int = 0
    decoded: int = 0
    written: int = 0
    hits: int = 0
    seeks: int = 0
    held_bytes: int = 0
    decoders: int = 0


class Decoders:
    """Writes feeds. Made by `open_decoders`."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._numbers = count(1)
        self._suspects: set[bytes] = set()

    @property
    def stats(self) -> Stats:
        """What has been done, and what is held."""
        work = self._crew.work()
        return Stats(
            workers=self._crew.size,
            writing=self._crew.calls,
            decoded=work.decoded,
            written=work.written,
            hits=work.hits,
            seeks=work.seeks,
            held_bytes=work.held_bytes,
            decoders=work.decoders,
        )

    async def write(self, feed: Feed, fifo: Path) -> None:
        """Write the frames of a feed to a FIFO; returns when all are written, or when the reader is gone.

        Feeds are written side by side, however many. Nothing is waited for but the reader; cancelling stops the
        writing at once, and is the only way out where no reader ever comes. Where an error is raised the reader sees
        no end for a while: it has to be ended, lest it take the frames so far for all.

        Raises:
            MediaNotFound, PermissionDenied, MediaUnreadable: the file cannot be read, or nothing in it decoded.
            MediaUnsupported: its frames are not what the feed says, so FFmpeg has to read the file itself.
            DecoderCrashed: a worker died of it, twice where nothing had been written yet.

        """
        origin, form = _origin(feed), Format(feed.pixel_format, feed.width, feed.height)
        target = os.fsencode(fifo)
        try:
            held = await _held_open(fifo)
        except FileNotFoundError:
            return
        try:
            small = _reduction(feed)
            await self._do(feed, lambda number: Write(number, origin, form, feed.ticks, target, small))
        except SidecarError:
            self._crew.close_later(held)
            raise
        except BaseException:
            os.close(held)
            raise
        os.close(held)

    def warm(self) -> None:
        """Have a worker started where there is none, for the first feed is near. Returns at once."""
        self._crew.warm()

    def forget(self, path: Path) -> None:
        """Let go of all that is held of a file. One that was changed is read anew in any case."""
        name = os.fsencode(path)
        self._suspects.discard(name)
        self._crew.forget(name)

    async def close(self) -> None:
        """End all workers; what is being written stops. Not cancelled."""
        await self._crew.close()

    async def _do(self, feed: Feed, order: Callable[[int], Write]) -> None:
        """Have an order done; a worker that dies of it before anything was written is given one successor.

        After that a source is alone with its worker, until it has gone well once.
        """
        path = os.fsencode(feed.path)
        again = False
        while True:
            alone = path in self._suspects
            mate = await self._crew.mate(path, alone=alone)
            call = await self._crew.call(mate, order(next(self._numbers)))
            if call.ended is not None:
                break
            self._suspects.add(path)
            if again or call.began:
                raise DecoderCrashed(path=feed.path, signal=call.signal)
            again = True
        if alone:
            self._suspects.discard(path)
        if call.ended.failure is not None:
            raise error_of(call.ended.failure, feed.path)


async def _held_open(fifo: Path) -> int:
    """Open a FIFO so that its reader sees no end before this is closed, whatever becomes of the worker."""
    if FORKING.acquire(blocking=False):
        try:
            return _open_for_writing(fifo)
        finally:
            FORKING.release()
    return await trio.to_thread.run_sync(_open_between_forks, fifo)


def _open_between_forks(fifo: Path) -> int:
    with FORKING:
        return _open_for_writing(fifo)


def _open_for_writing(fifo: Path) -> int:
    """Open a FIFO for writing only, so that a worker can still tell whether there is a reader. Not while anything forks.

    A child that was forked meanwhile would be a reader until its exec: the worker would write to it, take its exec for
    the reader's end, and leave the reader that then comes waiting for ever.
    """
    both = os.open(fifo, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    finally:
        os.close(both)


def _origin(feed: Feed) -> Origin:
    return Origin(os.fsencode(feed.path), feed.stream, feed.decoder, feed.seekable)


def _reduction(feed: Feed) -> Reduction | None:
    made = feed.reduction
    return None if made is None else Reduction(made.steps, Format(made.pixel_format, made.width, made.height))


@asynccontextmanager
async def open_decoders(
    supervisor: Supervisor,
    folder: Path,
    *,
    workers: Callable[[], int] = lambda: 2,
    argv: Sequence[str] = WORKER,
    held_bytes: int = HELD_BYTES,
    idle_seconds: float = IDLE_SECONDS,
) -> AsyncIterator[Decoders]:
    """Open decoders with at most `workers()` processes, which run in `folder`; on leaving they are ended.

    A file of which a worker died has one more for itself while it is written.
    """
    async with trio.open_nursery() as nursery:
        crew = Crew(
            supervisor,
            folder,
            nursery,
            limit=workers,
            argv=argv,
            held_bytes=held_bytes,
            decoder_bytes=DECODER_BYTES,
            idle_seconds=idle_seconds,
        )
        nursery.start_soon(crew.tend)
        try:
            yield Decoders(crew)
        finally:
            nursery.cancel_scope.cancel()
            await crew.close()
