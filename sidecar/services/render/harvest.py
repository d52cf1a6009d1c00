"""Takes finished cells from where their encoder wrote them."""

from __future__ import annotations

import shutil
from pathlib import Path

from protocol.errors import RenderFailed
from sidecar.services.files import write_error
from sidecar.services.render.join_pieces import UNDECODED

COPIED_AT_MOST = 64 * 2**20
"""Bytes of a cell that is copied while its encoder still has it open; larger ones wait for its end."""


def packets(path: Path) -> int:
    """Count the packets of a cell that can be read; blocking. None of it can be read: 0."""
    import av  # noqa: PLC0415 - start-up time

    try:
        with av.open(str(path), options=UNDECODED) as container:
            return sum(1 for packet in container.demux(container.streams.video[0]) if packet.size)
    except (av.FFmpegError, IndexError):
        return 0


def whole(path: Path, frames: int) -> bool:
    """Return whether a cell has all its frames; blocking."""
    return packets(path) == frames


def copied(path: Path, frames: int) -> Path | None:
    """Copy a cell that its encoder still has open: it will write an end. None while not all of it is there."""
    copy = path.with_suffix(".whole")
    try:
        shutil.copyfile(path, copy)
    except OSError as error:
        raise write_error(copy, error) from error
    if whole(copy, frames):
        return copy
    copy.unlink()
    return None


def check(path: Path, frames: int) -> None:
    """Raise RenderFailed for a cell that has not all its frames, or more; blocking."""
    found = packets(path)
    if found != frames:
        raise RenderFailed(detail=f"a cell was encoded with {found} frames instead of {frames}")
