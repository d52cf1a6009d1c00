"""Decoders: resident workers that write the frames of sources into FIFOs, for graphs that only compose."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sidecar.ffmpeg.builder.picture.feeds import Feed
from sidecar.ffmpeg.supervisor import Supervisor


@dataclass(frozen=True, slots=True)
class Stats:
    """What decoders have done so far, and what they hold.

    `decoded` counts pictures that decoders gave, wanted or not; `written` frames that went to readers; `hits` of them
    those that were held already.
    """

    workers: int = 0
    writing: int = 0
    decoded: int = 0
    written: int = 0
    hits: int = 0
    held_bytes: int = 0


class Decoders:
    """Writes feeds. Made by `open_decoders`."""

    @property
    def stats(self) -> Stats:
        """What has been done, and what is held."""
        raise NotImplementedError

    async def write(self, feed: Feed, fifo: Path) -> None:
        """Write the frames of a feed to a FIFO; returns when all are written, or when the reader is gone.

        Feeds are written side by side, however many. Cancelling stops the writing at once.

        Raises:
            MediaNotFound, PermissionDenied, MediaUnreadable: the file cannot be read, or nothing in it decoded.
            MediaUnsupported: its frames are not what the feed says, so FFmpeg has to read the file itself.
            DecoderCrashed: a worker died of it, twice where nothing had been written yet.

        """
        raise NotImplementedError

    async def prefetch(self, feed: Feed) -> None:
        """Decode the frames of a feed into memory while nothing else is to be done; any `write` ends it, silently."""
        raise NotImplementedError

    async def warm(self) -> None:
        """Start a worker where there is none: the first feed is near."""
        raise NotImplementedError

    def forget(self, path: Path) -> None:
        """Let go of all that is held of a file. One that was changed is read anew in any case."""
        raise NotImplementedError

    async def close(self) -> None:
        """End all workers; what is being written stops. Not cancelled."""
        raise NotImplementedError


@asynccontextmanager
async def open_decoders(
    supervisor: Supervisor, folder: Path, *, workers: Callable[[], int] = lambda: 2
) -> AsyncIterator[Decoders]:
    """Open decoders with at most `workers()` processes, which run in `folder`; on leaving they are ended."""
    _ = supervisor, folder, workers
    yield Decoders()
