"""The tables of an MP4 or MOV track that say when each of its pictures is shown, read without any of its packets."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from sidecar.services.media.boxes import boxes, inside, read_box

LARGEST_TABLE = 64 << 20
MOST_SAMPLES = 20_000_000

_REFUSED = frozenset({b"sbgp", b"sgpd"})
"""Groups of samples may name more keyframes."""

_Spans = dict[bytes, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class SampleTable:
    """A track's samples in decoding order, in ticks: when they are shown (edit list applied), how long, which are keys."""

    pts: NDArray[np.int64]
    durations: NDArray[np.int64]
    keys: NDArray[np.bool_]


def read_samples(path: Path, track: int) -> SampleTable | None:
    """Return the table of the track with an id; None where it cannot be had from tables alone.

    That is so of fragments, of an edit list that cuts pictures away or plays them at another speed, and of damage.
    """
    try:
        with path.open("rb", buffering=0) as file:
            size = file.seek(0, 2)
            movie = inside(file, 0, size, b"moov")
            parts = list(boxes(file, *movie))
            if any(kind == b"mvex" for kind, _, _ in parts):
                return None
            scale = _scale(_box(file, *inside(file, *movie, b"mvhd")))
            for kind, begin, end in parts:
                if kind == b"trak" and _track_id(_box(file, *inside(file, begin, end, b"tkhd"))) == track:
                    return _samples(file, begin, end, scale)
    except (OSError, ValueError, struct.error, IndexError, OverflowError):
        return None
    return None


def _samples(file: BinaryIO, begin: int, end: int, movie_scale: int) -> SampleTable | None:
    media = inside(file, begin, end, b"mdia")
    scale = _scale(_box(file, *inside(file, *media, b"mdhd")))
    tables: _Spans = {
        kind: (first, last) for kind, first, last in boxes(file, *inside(file, *inside(file, *media, b"minf"), b"stbl"))
    }
    if tables.keys() & _REFUSED:
        return None
    durations = _runs(_box(file, *tables[b"stts"]), signed=False)
    count = len(durations)
    pts = np.concatenate(([0], np.cumsum(durations)[:-1]))
    if b"ctts" in tables:
        offsets = _runs(_box(file, *tables[b"ctts"]), signed=True)
        if len(offsets) != count:
            return None
        pts += offsets
    keys = np.ones(count, dtype=np.bool_)
    if b"stss" in tables:
        numbers = _numbers(_box(file, *tables[b"stss"]), 1)[:, 0]
        keys[:] = False
        keys[numbers - 1] = True
    shift = _shift(file, begin, end, Fraction(scale, movie_scale), (int(pts.min()), int((pts + durations).max())))
    if shift is None or not keys[0]:
        return None
    return SampleTable(pts + shift, durations, keys)


def _shift(file: BinaryIO, begin: int, end: int, ratio: Fraction, shown: tuple[int, int]) -> int | None:
    """Return what the edit list adds to all times, in ticks; None where it does more than that.

    `ratio` is ticks of the track for one of the movie, `shown` where its pictures begin and end.
    """
    span = next(((first, last) for kind, first, last in boxes(file, begin, end) if kind == b"edts"), None)
    if span is None:
        return 0
    data = _box(file, *inside(file, *span, b"elst"))
    layout = ">Qqhh" if data[0] else ">Iihh"
    count = struct.unpack_from(">I", data, 4)[0]
    edits = list(struct.iter_unpack(layout, data[8 : 8 + count * struct.calcsize(layout)]))
    if len(edits) != count or not 1 <= count <= 2:
        return None
    delay = 0
    if count == 2:
        if edits[0][1] != -1:
            return None
        delay = round(edits[0][0] * ratio)
    length, start, rate, part = edits[-1]
    first, last = shown
    # A movie's clock is coarser than a track's: an edit may end a tick of it early.
    if (rate, part) != (1, 0) or not 0 <= start <= first or (length + 1) * ratio < last - start:
        return None
    return delay - int(start)


def _runs(data: bytes, *, signed: bool) -> NDArray[np.int64]:
    """Return the values of a table of runs, one a sample."""
    rows = _numbers(data, 2)
    if int(rows[:, 0].sum()) > MOST_SAMPLES:
        raise ValueError("more samples than a file of a day has")
    values = rows[:, 1].astype(np.uint32).view(np.int32).astype(np.int64) if signed else rows[:, 1]
    return np.repeat(values, rows[:, 0])


def _numbers(data: bytes, columns: int) -> NDArray[np.int64]:
    """Return the rows of a table of 32-bit numbers with a count before it."""
    count = struct.unpack_from(">I", data, 4)[0]
    if not 0 < count <= (len(data) - 8) // (4 * columns):
        raise ValueError("a table that is cut or empty")
    return np.frombuffer(data, dtype=">u4", count=count * columns, offset=8).astype(np.int64).reshape(-1, columns)


def _scale(head: bytes) -> int:
    """Return the ticks a second of mvhd or mdhd."""
    scale = int(struct.unpack_from(">I", head, 20 if head[0] else 12)[0])
    if not scale:
        raise ValueError("a clock that stands still")
    return scale


def _track_id(head: bytes) -> int:
    return int(struct.unpack_from(">I", head, 20 if head[0] else 12)[0])


def _box(file: BinaryIO, begin: int, end: int) -> bytes:
    return read_box(file, begin, end, most=LARGEST_TABLE)
