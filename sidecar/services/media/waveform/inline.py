"""Peaks as numbers for the wire, read without numpy: the sidecar itself does not load it."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from protocol.commands.waveform import WaveformChannel
from sidecar.services.media.waveform.messages import PeaksPart

HEADER_BYTES = 24
"""Bytes before the data of a file."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Peaks of one channel, as they come: `first` counts from the first pixel of the result."""

    channel: int
    first: int
    min: list[int]
    max: list[int]


def chunks_of(part: PeaksPart) -> list[Chunk]:
    """Take peaks that a worker sent apart, by channels."""
    values = _numbers(part.values, 16)
    step = 2 * part.channels
    return [
        Chunk(channel, part.first, values[2 * channel :: step].tolist(), values[2 * channel + 1 :: step].tolist())
        for channel in range(part.channels)
    ]


def channels_of(dat: Path, rms: Path, channels: int, bits: int) -> list[WaveformChannel]:
    """Read the files of a waveform. Blocks."""
    pairs = _numbers(dat.read_bytes()[HEADER_BYTES:], bits)
    roots = _numbers(rms.read_bytes()[HEADER_BYTES:], bits)
    return [
        WaveformChannel(
            min=pairs[2 * channel :: 2 * channels].tolist(),
            max=pairs[2 * channel + 1 :: 2 * channels].tolist(),
            rms=roots[channel::channels].tolist(),
        )
        for channel in range(channels)
    ]


def _numbers(data: bytes, bits: int) -> array[int]:
    values = array("h" if bits == 16 else "b")
    values.frombytes(data)
    if bits == 16 and sys.byteorder != "little":
        values.byteswap()
    return values


def items_of(chunks: Sequence[Chunk]) -> list[dict[str, object]]:
    """Return chunks as items of progress."""
    return [{"channel": each.channel, "from": each.first, "min": each.min, "max": each.max} for each in chunks]
