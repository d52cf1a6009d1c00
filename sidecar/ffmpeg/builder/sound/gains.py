"""Volume and pan: factors where they stand still, a track of gains to multiply by where they move.

The values are those of the frames' instants, joined by straight lines from sample to sample (docs/project.md §1,
rule 5). They are computed here, by the sample's number in the project, so that they are the same in every window.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import msgspec

from protocol.project import Animated
from sidecar.core.timeline.animation import constant, sampled
from sidecar.ffmpeg.builder.graph import InputStream, Stream, node
from sidecar.ffmpeg.builder.sidefiles import SideFiles
from sidecar.ffmpeg.builder.sound.channels import apply_matrix, balance, identity, scaled
from sidecar.ffmpeg.builder.sound.rows import SAMPLE_BYTES, raw_input

CHUNK = 65_536
"""Samples that are computed at once."""


def moves(volume: Animated, pan: Animated) -> bool:
    """Tell whether the gain changes with time."""
    return constant(volume) is None or constant(pan) is None


def factors(volume: Animated, pan: Animated, channels: int) -> tuple[float, ...] | None:
    """Return the gain of every channel; None where it moves."""
    level, side = constant(volume), constant(pan)
    if level is None or side is None:
        return None
    return tuple(level * factor for factor in balance(side, channels))


def gained(
    stream: Stream,
    volume: Animated,
    pan: Animated,
    *,
    channels: int,
    clock: int,
    span: tuple[int, int],
    sample_rate: int,
    rate: Fraction,
    files: SideFiles,
) -> Stream:
    """Apply a volume and a balance to samples [from, to) of the project; frame `clock` is the owner's frame 0."""
    steady = factors(volume, pan, channels)
    if steady is not None:
        matrix = scaled(identity(channels), steady)
        return stream if matrix == identity(channels) else apply_matrix(stream, matrix)

    def table() -> bytes:
        return _table(volume, pan, channels, _Frames(clock, span, sample_rate, rate))

    keys = msgspec.json.encode((volume, pan)).decode()
    up, down = rate.numerator, rate.denominator * sample_rate
    # Where the owner's clock stands at the first sample, in exact frames: an owner that moves has the same gains.
    begin = f"{span[0] * up - clock * down}/{down}"
    about = f"floats, {span[1] - span[0]} samples of {up}/{down} frames from {begin}, {channels} at a time; volume and pan {keys}"
    name = files.made("gains", "f32", table, (span[1] - span[0]) * channels * SAMPLE_BYTES, about)
    return multiplied(stream, name, sample_rate, channels)


def multiplied(stream: Stream, name: str, rate: int, channels: int) -> Stream:
    """Multiply a stream by the floats of a side file, one a sample and channel."""
    gains = node("aformat", InputStream(raw_input(name, rate, channels), "audio", 0), sample_fmts="fltp")
    return node("amultiply", stream, gains)


@dataclass(frozen=True, slots=True)
class _Frames:
    """Samples [from, to) of the project, and the frame at which the clock stands at 0."""

    clock: int
    span: tuple[int, int]
    sample_rate: int
    rate: Fraction


def _table(volume: Animated, pan: Animated, channels: int, frames: _Frames) -> bytes:
    import numpy as np  # noqa: PLC0415 - start-up time

    # Sample i lies at frame i · fps / sampleRate = i · up / down, exactly.
    span, rate, clock = frames.span, frames.rate, frames.clock
    up, down = rate.numerator, rate.denominator * frames.sample_rate
    first, last = span[0] * up // down, (span[1] - 1) * up // down + 1
    levels = np.array(sampled(volume, first - clock, last - first + 1, rate))
    sides = np.array(sampled(pan, first - clock, last - first + 1, rate))
    made = bytearray()
    for start in range(span[0], span[1], CHUNK):
        place = np.arange(start, min(start + CHUNK, span[1]), dtype=np.int64) * up
        frame = place // down - first
        share = (place % down) / down
        level = levels[frame] + (levels[frame + 1] - levels[frame]) * share
        side = sides[frame] + (sides[frame + 1] - sides[frame]) * share
        gains = np.repeat(level[:, None], channels, axis=1)
        if channels > 1:
            gains[:, 0] *= np.minimum(1, 1 - side)
            gains[:, 1] *= np.minimum(1, 1 + side)
        made += gains.astype("<f4").tobytes()
    return bytes(made)
