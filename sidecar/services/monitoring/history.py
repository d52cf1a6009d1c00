"""The past of every number: kept in memory in bounded space, and in a file from one process to the next.

The clock of the rings is that of the samples. Wall time is put on when something is read, or written, so a clock that
is set moves all of the past with it, and nothing is lost or mixed up.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from protocol.typed import ready
from sidecar.core.monitoring.rings import STEPS, Point, Rings
from sidecar.services.files import write_atomic
from sidecar.services.monitoring import clock

NAME = "metrics-history.bin"
MAGIC = b"sidecar-history-1\n"

MOST = 128
"""Series that are kept; there are fewer, cards of a large machine included."""

LARGEST = 64 * 2**20
"""Bytes that a file may unpack to; ours has a tenth of it."""


class Past(msgspec.Struct, frozen=True):
    """All rings, as they were at a tick that was the Unix time `at`: by series and step the newest slot, and columns."""

    at: float
    tick: float
    series: dict[str, dict[int, tuple[int, tuple[bytes, bytes, bytes]]]]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Slots of `step` seconds one after the other; the first began at the Unix time `at`. None is not measured."""

    at: float
    step: int
    points: list[Point | None]


class History:
    """Rings by series. Not for several threads at once."""

    def __init__(self) -> None:
        self._rings: dict[str, Rings] = {}
        # Before the first look there is no past, and it ends now.
        self._tick = clock.tick()
        self._offset = time.time() - self._tick

    def add(self, tick: float, at: float, values: Mapping[str, float]) -> None:
        """Take what was measured at a tick, which was the Unix time `at`."""
        self._tick, self._offset = tick, at - tick
        for name, value in values.items():
            rings = self._rings.get(name)
            if rings is None and len(self._rings) < MOST:
                rings = self._rings[name] = Rings()
            if rings is not None:
                rings.add(tick, value)

    def names(self) -> list[str]:
        """Return the series that were ever measured."""
        return sorted(self._rings)

    def read(self, name: str, since: float, step: int) -> Stretch:
        """Return what there is of a series from a Unix time on, up to now, in slots of so many seconds."""
        last = int(self._tick // step)
        first = max(last - STEPS[step] + 1, int((since - self._offset) // step))
        first = min(first, last + 1)
        rings = self._rings.get(name)
        points: list[Point | None] = [None] * (last + 1 - first)
        if rings is not None:
            points = list(rings.by_step[step].read(first, last))
        return Stretch(first * step + self._offset, step, points)

    def past(self) -> Past:
        """Return a copy of all of it; takes a millisecond."""
        series = {
            name: {step: (ring.newest, ring.in_order()) for step, ring in rings.by_step.items() if ring.newest >= 0}
            for name, rings in self._rings.items()
        }
        return Past(self._tick + self._offset, self._tick, series)

    def restore(self, past: Past, tick: float, at: float) -> None:
        """Take in what an earlier process left; now is a tick, and the Unix time `at`. Raises ValueError for damage.

        What would lie in the future, because the clock was set back since, is taken for just passed.
        """
        ended = tick - max(0.0, at - past.at)
        restored = {}
        for name, by_step in list(past.series.items())[:MOST]:
            restored[name] = rings = Rings()
            for step, (newest, columns) in by_step.items():
                if step in STEPS:
                    rings.by_step[step].restore(newest - int(past.tick // step) + int(ended // step), columns)
        self._tick, self._offset, self._rings = tick, at - tick, restored


def packed(past: Past) -> bytes:
    """Return the content of a file; takes some ten milliseconds, most of them without Python's lock."""
    return MAGIC + zlib.compress(msgspec.msgpack.encode(past), 1)


def unpacked(data: bytes) -> Past:
    """Return what a file holds. Raises ValueError for damage."""
    if not data.startswith(MAGIC):
        raise ValueError("it is no history that this version wrote")
    unpacker = zlib.decompressobj()
    try:
        body = unpacker.decompress(data[len(MAGIC) :], LARGEST)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not unpacker.eof:
        raise ValueError("it is cut off, or too long")
    return msgspec.msgpack.decode(body, type=ready(Past))


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """The file of an instance. Blocks."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / NAME

    def load(self) -> Past | None:
        """Return what an earlier process left; None if it left nothing. Raises ValueError for damage, OSError."""
        try:
            return unpacked(self.path.read_bytes())
        except FileNotFoundError:
            return None

    def save(self, past: Past) -> None:
        """Write it, whole or not at all. Raises DiskFull, OutputUnwritable."""
        write_atomic(self.path, packed(past), mode=0o600)
