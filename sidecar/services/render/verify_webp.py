"""Verification of an animated WebP: its chunks, for few decoders read its frames."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

from protocol.commands.render import Verified
from protocol.errors import RenderFailed
from sidecar.services.render.verify import SLACK, Expected

_CHUNK = struct.Struct("<4sI")
_FRAME_HEADER = 16
_DURATION_AT = 12


def verify_webp(path: Path, expected: Expected) -> Verified:
    """Count the frames and add up how long they are shown. Blocking; raises RenderFailed with what differs.

    The encoder makes one frame of those that are equal, so only their time is certain.
    """
    found = _frames(path)
    if expected.frames is None or not found or len(found) > expected.frames:
        raise RenderFailed(detail=f"{len(found)} frames instead of {expected.frames}")
    shown = Fraction(sum(found), 1000)
    # A single picture has no time.
    if found != [0] and abs(shown - expected.duration) > max(SLACK, expected.frame):
        raise RenderFailed(detail=f"{float(shown):.3f} s instead of {float(expected.duration):.3f} s")
    return Verified(streams=True, frames=True, duration=True, joins=0)


def _frames(path: Path) -> list[int]:
    """Return the milliseconds of every frame; one frame of 0 for a still picture."""
    times: list[int] = []
    still = False
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WEBP" or struct.unpack("<I", head[4:8])[0] + 8 != path.stat().st_size:
            raise RenderFailed(detail="the written file is no whole WebP")
        while len(header := file.read(_CHUNK.size)) == _CHUNK.size:
            name, size = _CHUNK.unpack(header)
            begin = file.tell()
            if name == b"ANMF":
                start = file.read(_FRAME_HEADER)
                times.append(int.from_bytes(start[_DURATION_AT : _DURATION_AT + 3], "little"))
            still = still or name in (b"VP8 ", b"VP8L")
            file.seek(begin + size + size % 2)
    return times or ([0] if still else [])
