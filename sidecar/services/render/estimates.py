"""What a render will take, by what cells encoded in the same way have taken. Nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil


@dataclass(frozen=True, slots=True)
class Measured:
    """Frames that were encoded, the seconds of one worker that they took, and their bytes."""

    frames: int = 0
    seconds: float = 0.0
    bytes: int = 0

    def __add__(self, other: Measured) -> Measured:
        return Measured(self.frames + other.frames, self.seconds + other.seconds, self.bytes + other.bytes)


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds of the whole render and bytes of its file; None while nothing measured supports it."""

    seconds: float | None = None
    bytes: int | None = None


@dataclass(slots=True)
class Speeds:
    """What encoding has taken in this process, by the size of the frames and the options of the encoder."""

    found: dict[str, Measured] = field(default_factory=dict)

    def learn(self, options: str, measured: Measured) -> None:
        """Take what some frames took."""
        self.found[options] = self.found.get(options, Measured()) + measured

    def of(self, options: str) -> Measured | None:
        """Return what all frames of these options took together."""
        return self.found.get(options)


@dataclass(frozen=True, slots=True)
class Work:
    """What a plan asks for: frames to encode, and what is there of it: bytes of cached and copied cells, and of sound."""

    to_encode: int
    kept_bytes: int
    sound_bytes: int


def estimate(work: Work, cached: Iterable[Measured], speed: Measured | None, workers: int) -> Estimate:
    """Estimate a render from its own cached cells, and from `speed`, what the like took before."""
    known = sum(cached, Measured()) + (speed or Measured())
    if work.to_encode == 0:
        return Estimate(0.0, work.kept_bytes + work.sound_bytes)
    if known.frames == 0:
        return Estimate()
    seconds = work.to_encode * known.seconds / known.frames / workers
    size = work.kept_bytes + work.sound_bytes + ceil(work.to_encode * known.bytes / known.frames)
    return Estimate(seconds if known.seconds > 0 else None, size)
