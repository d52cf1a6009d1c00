"""Takes finished cells from where their encoder wrote them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from protocol.errors import RenderFailed
from sidecar.services.files import write_error
from sidecar.services.render.join_pieces import UNDECODED

COPIED_AT_MOST = 64 * 2**20
"""Bytes of a cell that is copied while its encoder still has it open; larger ones wait for its end."""


@dataclass(frozen=True, slots=True)
class Yield:
    """The packets of a cell that can be read: how many, and how many places a packet lies behind its frame at most."""

    packets: int
    delay: int


def read(path: Path) -> Yield:
    """Go through the packets of a cell; blocking. None of it can be read: none are there."""
    import av  # noqa: PLC0415 - start-up time

    try:
        with av.open(str(path), options=UNDECODED) as container:
            times = [packet.pts or 0 for packet in container.demux(container.streams.video[0]) if packet.size]
    except (av.FFmpegError, IndexError):
        return Yield(0, 0)
    ranks = {time: rank for rank, time in enumerate(sorted(times))}
    return Yield(len(times), max((place - ranks[time] for place, time in enumerate(times)), default=0))


def copied(path: Path, frames: int) -> tuple[Path, Yield] | None:
    """Copy a cell that its encoder still has open: it will write an end. None while not all of it is there."""
    copy = path.with_suffix(".whole")
    try:
        shutil.copyfile(path, copy)
    except OSError as error:
        raise write_error(copy, error) from error
    found = read(copy)
    if found.packets == frames:
        return copy, found
    copy.unlink()
    return None


def check(path: Path, frames: int) -> Yield:
    """Return what a cell holds; raise RenderFailed if it has not all its frames, or more. Blocking."""
    found = read(path)
    if found.packets != frames:
        raise RenderFailed(detail=f"a cell was encoded with {found.packets} frames instead of {frames}")
    return found
