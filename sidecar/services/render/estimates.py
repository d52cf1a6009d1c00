"""What a render will take, by what cells encoded in the same way have taken. Nothing is guessed."""

from __future__ import annotations

import os
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

from protocol.project import Export
from protocol.project.formats import AUDIO_CODECS, audio_codec, video_codec
from sidecar.core.keys import plan_key

if TYPE_CHECKING:
    from sidecar.core.timeline import OutputSpan
    from sidecar.services.render.cells import Cell

CORES = os.cpu_count() or 1

SAMPLE_BYTES = {"pcm_s16le": 2, "pcm_s24le": 3, "pcm_f32le": 4}

Costs = Mapping[str, tuple[int, float]]
"""Bytes of cached cells, and the seconds of processor that they took, by their keys."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Frames that were encoded, and their bytes; how many of them were timed, and the seconds of processor they took."""

    frames: int = 0
    bytes: int = 0
    timed: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds of the whole render and bytes of its file; None while nothing measured supports it."""

    seconds: float | None = None
    bytes: int | None = None


@dataclass(slots=True)
class Speeds:
    """What encoding took when it was last seen, by `options_key`."""

    found: dict[str, Measured] = field(default_factory=dict)

    def learn(self, options: str, seen: Measured) -> None:
        """Take what some frames took."""
        self.found[options] = seen

    def of(self, options: str) -> Measured | None:
        """Return what frames of these options took."""
        return self.found.get(options)


@dataclass(frozen=True, slots=True)
class Work:
    """What a plan asks for: frames to encode, the bytes of cells that are there, and of the sound (None: not known)."""

    frames: int
    kept_bytes: int
    sound_bytes: int | None


def frames_to_encode(cells: Sequence[Cell], known: Container[str]) -> int:
    """Return how many frames have to be encoded: those of a missing key once, however often it is shown."""
    missing: dict[str, int] = {}
    for cell in cells:
        if cell.copy is None and cell.key not in known:
            missing[cell.key] = min(cell.encoded, missing.get(cell.key, 0) + cell.frames)
    return sum(missing.values())


def measured(cells: Sequence[Cell], costs: Costs) -> Measured:
    """Return what the cached cells of a plan took, without still pictures: those cost next to nothing."""
    kept = {cell.key: cell for cell in cells if cell.key in costs and not cell.still}.values()
    # What was made between two looks at its process was not timed.
    timed = [cell for cell in kept if costs[cell.key][1] > 0]
    return Measured(
        frames=sum(cell.encoded for cell in kept),
        bytes=sum(costs[cell.key][0] for cell in kept),
        timed=sum(cell.encoded for cell in timed),
        seconds=sum(costs[cell.key][1] for cell in timed),
    )


def work_of(cells: Sequence[Cell], costs: Costs, sound: int | None) -> Work:
    """Say what is left to do of a plan, and what is there."""
    kept = sum(cell.copy.bytes for cell in cells if cell.copy is not None)
    kept += sum(costs[cell.key][0] * cell.frames // cell.encoded for cell in cells if cell.key in costs)
    return Work(frames_to_encode(cells, costs), kept, sound)


def estimate(work: Work, speed: Measured | None, workers: int) -> Estimate:
    """Estimate a render by what the like took: `workers` encode at a time, and each missing frame is like the rest."""
    if work.frames == 0:
        return Estimate(0.0, None if work.sound_bytes is None else work.kept_bytes + work.sound_bytes)
    if speed is None:
        return Estimate()
    seconds = None if speed.timed == 0 else work.frames * speed.seconds / speed.timed / workers
    size = None
    if work.sound_bytes is not None:
        size = work.kept_bytes + work.sound_bytes + ceil(work.frames * speed.bytes / speed.frames)
    return Estimate(seconds, size)


def options_key(export: Export, span: OutputSpan) -> str:
    """Key what the speed of encoding and the bytes of frames depend on, but for the pictures themselves."""
    video, size = export.video, (span.width, span.height, span.rate)
    settings = None if video is None else tuple(str(getattr(video, name)) for name in video.__struct_fields__)
    return plan_key((video_codec(export), settings, size), {}, "")


def sound_bytes(export: Export, span: OutputSpan) -> int | None:
    """Return the bytes of the encoded sound by its settings; None where they depend on what is heard."""
    codec, audio = audio_codec(export), export.audio
    if codec is None or audio is None:
        return 0
    seconds = span.frames / span.rate
    if codec in SAMPLE_BYTES:
        return ceil(seconds * audio.sample_rate * audio.channels * SAMPLE_BYTES[codec])
    return None if AUDIO_CODECS[codec].lossless else ceil(seconds * audio.bitrate / 8)
