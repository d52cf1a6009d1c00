"""A sound stream as one run of samples: what is missing in time is silence, what is there twice is left out.

Timestamps are followed as a render follows them: within a tenth of a second they are not minded (containers round
them, and clocks wander), beyond that sound stands where its timestamp says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import av.error
import numpy as np
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from protocol.errors import MediaUnsupported

UNMADE = ("s64", "s64p")
"""Formats in which no silence can be made; only WAV has them, and it has no timestamps."""

HARD = Fraction(1, 10)
"""Seconds between where a frame is and where it should be that are put right."""

LONGEST = 48 * 3600
"""Seconds of sound that are read of one stream."""

PIECE = 32_768
"""Samples of the silence that is written at a time."""


@dataclass(slots=True)
class SoundRun:
    """Takes decoded frames in order, and gives blocks of `block` samples in the form of the first frame.

    `start` is the time of the first sample in seconds on the file's own clock, `rate` its sample rate and `channels`
    their number, all None or 0 before the first frame; `samples` counts what has been taken.
    """

    path: str
    block: int
    start: Fraction | None = None
    rate: int = 0
    channels: int = 0
    samples: int = 0
    _fifo: AudioFifo = field(default_factory=AudioFifo)
    _like: AudioFrame | None = None
    _resampler: AudioResampler | None = None

    def take(self, frame: AudioFrame) -> Iterator[AudioFrame]:
        """Take a frame; gives the blocks that it completes."""
        if self._like is None:
            self._begin(frame)
        like = self._like
        if like is None:
            return
        pieces = [frame] if _alike(frame, like) else self._converted(frame, like)
        for piece in pieces:
            kept = piece
            if piece.pts is not None and piece.time_base is not None:
                late = piece.pts * piece.time_base - (self.start or 0) - Fraction(self.samples, self.rate)
                if abs(late) > HARD and like.format.name not in UNMADE:
                    yield from self._silence(round(late * self.rate))
                    # What stands before its place has been heard already.
                    kept = part_of(piece, round(-late * self.rate), piece.samples)
            yield from self._write(kept)

    def rest(self) -> AudioFrame | None:
        """Return what is left: fewer samples than a block."""
        return self._fifo.read(0, partial=True) if self._like is not None else None

    def _begin(self, frame: AudioFrame) -> None:
        self._like = frame
        self.rate, self.channels = frame.sample_rate, len(frame.layout.channels)
        self.start = Fraction(0)
        if frame.pts is not None and frame.time_base is not None:
            self.start = frame.pts * frame.time_base

    def _write(self, frame: AudioFrame) -> Iterator[AudioFrame]:
        if not frame.samples:
            return
        self.samples += frame.samples
        if self.samples > LONGEST * self.rate:
            raise MediaUnsupported(path=self.path, detail=f"its sound is longer than {LONGEST // 3600} hours")
        frame.pts = None
        self._fifo.write(frame)
        while (block := self._fifo.read(self.block)) is not None:
            yield block

    def _silence(self, samples: int) -> Iterator[AudioFrame]:
        """Write silence; a step that no recording makes (a damaged timestamp) is passed over."""
        like = self._like
        if like is None or samples > LONGEST * self.rate:
            return
        while samples > 0:
            count = min(samples, PIECE)
            yield from self._write(silent(like, count))
            samples -= count

    def _converted(self, frame: AudioFrame, like: AudioFrame) -> list[AudioFrame]:
        """Bring a frame into the form of the first: streams may change in the middle."""
        if self._resampler is None:
            self._resampler = AudioResampler(like.format.name, like.layout.name, like.sample_rate)
        try:
            return self._resampler.resample(frame)
        except (ValueError, av.error.FFmpegError):
            # It changed once more.
            self._resampler = AudioResampler(like.format.name, like.layout.name, like.sample_rate)
            return self._resampler.resample(frame)


def decoded(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    """Decode a whole stream; what cannot be decoded is passed over, reading ends where the file cannot be read on."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:
            packet = None
        if packet is None:
            return
        try:
            frames = stream.codec_context.decode(packet if packet.size else None)
        except av.error.FFmpegError:
            continue
        yield from frames


def _alike(frame: AudioFrame, like: AudioFrame) -> bool:
    return bool(
        frame.format.name == like.format.name
        and frame.sample_rate == like.sample_rate
        and frame.layout.name == like.layout.name
    )


def silent(like: AudioFrame, samples: int) -> AudioFrame:
    """Return silence in the form of another frame, which is of no format in UNMADE."""
    channels = len(like.layout.channels)
    shape = (channels, samples) if like.format.is_planar else (1, samples * channels)
    name = str(like.format.name)
    kinds = {"u8": "u1", "s16": "i2", "s32": "i4", "s64": "i8", "flt": "f4", "dbl": "f8"}
    kind = kinds[name.removesuffix("p")]
    quiet = np.full(shape, 128 if kind == "u1" else 0, kind)
    return _framed(quiet, like)


def part_of(frame: AudioFrame, first: int, end: int) -> AudioFrame:
    """Return samples [first, end) of a frame; the frame itself for all of them."""
    if first <= 0 and end >= frame.samples:
        return frame
    step = 1 if frame.format.is_planar else len(frame.layout.channels)
    kept = frame.to_ndarray()[:, max(0, first) * step : max(0, first, end) * step]
    return _framed(np.ascontiguousarray(kept), frame)


def _framed(samples: NDArray[Any], like: AudioFrame) -> AudioFrame:
    made = AudioFrame.from_ndarray(samples, format=like.format.name, layout=like.layout.name)
    made.sample_rate = like.sample_rate
    return made
