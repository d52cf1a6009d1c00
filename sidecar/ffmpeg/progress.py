"""FFmpeg's own report of its progress: blocks of key=value lines, as `-progress` writes them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isfinite

LINE_LIMIT = 65_536
"""Bytes that may wait for their line's end; more is not FFmpeg speaking and is dropped."""


@dataclass(frozen=True, slots=True)
class FfmpegProgress:
    """One block. None is what FFmpeg does not know (yet).

    `out_time` is seconds of output, exact to the microsecond; `total_size` bytes written; `speed` is output seconds a
    second; `bitrate` bit/s; `end` marks the last block.
    """

    frame: int | None
    fps: float | None
    out_time: Fraction | None
    total_size: int | None
    speed: float | None
    bitrate: float | None
    end: bool


class ProgressParser:
    """Bytes in, blocks out; lines may be split anywhere."""

    def __init__(self) -> None:
        self._pending = b""
        self._block: dict[bytes, bytes] = {}

    def feed(self, data: bytes) -> list[FfmpegProgress]:
        """Take what has arrived and return the blocks that it completes."""
        *lines, self._pending = (self._pending + data).split(b"\n")
        if len(self._pending) > LINE_LIMIT:
            self._pending = b""
        blocks = []
        for line in lines:
            key, _, value = line.partition(b"=")
            key, value = key.strip(), value.strip()
            if key == b"progress":
                blocks.append(_block(self._block, end=value == b"end"))
                self._block = {}
            elif len(self._block) < 1_000:
                self._block[key] = value
        return blocks


def _block(values: dict[bytes, bytes], *, end: bool) -> FfmpegProgress:
    microseconds = _integer(values.get(b"out_time_us", b""))
    bitrate = _number(values.get(b"bitrate", b"").removesuffix(b"kbits/s"))
    return FfmpegProgress(
        frame=_integer(values.get(b"frame", b"")),
        fps=_number(values.get(b"fps", b"")) or None,  # 0.00 is printed while FFmpeg has not measured
        out_time=None if microseconds is None else Fraction(microseconds, 1_000_000),
        total_size=_integer(values.get(b"total_size", b"")),
        speed=_number(values.get(b"speed", b"").removesuffix(b"x")),
        bitrate=None if bitrate is None else bitrate * 1_000,
        end=end,
    )


def _integer(text: bytes) -> int | None:
    digits = text.removeprefix(b"-")
    return int(text) if digits.isdigit() and len(digits) <= 20 else None


def _number(text: bytes) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None
