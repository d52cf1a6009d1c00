"""Feeds for tests: what FFmpeg itself shows of a file, and what decoders write of it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import md5
from itertools import count
from pathlib import Path
from typing import Any

import av
import trio

from protocol.errors import SidecarError
from sidecar.ffmpeg.builder.picture.feeds import Feed
from sidecar.ffmpeg.supervisor import Supervisor, open_supervisor
from sidecar.services.preview.decoding.messages import Format
from sidecar.services.preview.decoding.planes import format_of
from sidecar.services.preview.decoding.pool import Decoders, open_decoders
from tests.harness.media import ffmpeg
from tests.harness.patience import PATIENCE


@dataclass(frozen=True)
class Reference:
    """The frames of a stream as the command line gives them: timestamps in ticks, in the order they come, and digests."""

    times: tuple[int, ...]
    digests: tuple[str, ...]

    def shown(self, tick: int) -> str:
        """Return what is on screen at a tick: the newest frame whose time has come; before the first, the first."""
        place = 0
        while place + 1 < len(self.times) and self.times[place + 1] <= tick:
            place += 1
        return self.digests[place]


def reference(path: Path, stream: int = 0, *, decoder: str | None = None, filters: str | None = None) -> Reference:
    """Decode a whole stream by FFmpeg."""
    chosen = ["-c:v", decoder] if decoder else []
    filtered = ["-vf", filters] if filters else []
    done = subprocess.run(
        [
            *(ffmpeg(), "-nostdin", "-loglevel", "quiet", "-copyts", "-noautorotate", *chosen, "-i", str(path)),
            *(
                "-map",
                f"0:{stream}",
                *filtered,
                "-fps_mode",
                "passthrough",
                "-enc_time_base",
                "demux",
                "-c:v",
                "rawvideo",
            ),
            *("-noautoscale", "-avoid_negative_ts", "disabled", "-f", "framemd5", "-"),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    rows = [line.split(",") for line in done.stdout.decode().splitlines() if not line.startswith("#")]
    assert rows, "FFmpeg decodes nothing"
    return Reference(tuple(int(row[2]) for row in rows), tuple(row[5].strip() for row in rows))


def picture_stream(path: Path) -> int:
    """Return the number of a file's first picture stream."""
    with av.open(str(path)) as container:
        return container.streams.video[0].index


def feed_of(path: Path, ticks: Sequence[int], *, stream: int = 0, **more: Any) -> Feed:
    """Return a feed of a file, in the format that its decoder gives."""
    found = _stored_format(path, stream)
    usual: dict[str, Any] = {
        "path": str(path),
        "stream": stream,
        "ticks": tuple(ticks),
        "pixel_format": found.pixel_format,
        "width": found.width,
        "height": found.height,
        "decoder": None,
        "seekable": True,
        "name": "feed.raw",
    }
    return Feed(**{**usual, **more})


@cache
def _stored_format(path: Path, stream: int) -> Format:
    with av.open(str(path)) as container:
        return format_of(next(container.decode(container.streams[stream])))  # type: ignore[arg-type]


@dataclass
class Table:
    """Open decoders, and a folder for FIFOs."""

    decoders: Decoders
    supervisor: Supervisor
    folder: Path
    numbers: count[int]

    def fifo(self) -> Path:
        """Make a FIFO."""
        path = self.folder / f"feed{next(self.numbers)}.raw"
        os.mkfifo(path)
        return path

    async def frames(self, feed: Feed) -> list[str]:
        """Have a feed written, and return the digests of its frames."""
        fifo = self.fifo()
        reader = Reader(fifo)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(reader.read)
            try:
                await self.decoders.write(feed, fifo)
            except SidecarError as error:
                failure: SidecarError | None = error
            else:
                failure = None
            reader.ended = True
        if failure is not None:
            raise failure
        assert len(reader.data) % len(feed.ticks) == 0
        size = len(reader.data) // len(feed.ticks)
        return [md5(reader.data[at : at + size]).hexdigest() for at in range(0, len(reader.data), size)]  # noqa: S324


class Reader:
    """Reads a FIFO from before it is written until its writer has `ended`."""

    def __init__(self, fifo: Path) -> None:
        self._descriptor = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.data = bytearray()
        self.ended = False

    async def read(self) -> None:
        """Read all there is."""
        try:
            while True:
                last = self.ended
                try:
                    part = os.read(self._descriptor, 1 << 20)
                except BlockingIOError:
                    await trio.lowlevel.wait_readable(self._descriptor)
                    continue
                self.data += part
                if last and not part:
                    return
                # Nothing to read is no end while the writer may still come.
                await trio.sleep(0 if part else 0.001)
        finally:
            os.close(self._descriptor)


@asynccontextmanager
async def table(folder: Path, *, patience: float = PATIENCE, **options: Any) -> AsyncIterator[Table]:
    """Open decoders; the whole has to be done within so many seconds."""
    with trio.fail_after(patience):
        async with open_supervisor() as supervisor, open_decoders(supervisor, folder, **options) as decoders:
            yield Table(decoders, supervisor, folder, count())
